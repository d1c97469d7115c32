//! General OpenTelemetry attributes, and names that no convention owns but applications use.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Resource};

pub(crate) static COMMON: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("llm.request.type"), Attr("gen_ai.request.type")]),
        (C::SessionId, &[Attr("session.id")]),
        (C::UserId, &[Attr("user.id"), Attr("enduser.id")]),
        (
            C::TenantId,
            &[
                Attr("tenant.id"),
                Resource("tenant.id"),
                Attr("tenant_id"),
                Attr("tenant"),
                Resource("tenant_id"),
                Resource("tenant"),
            ],
        ),
        (C::AccountId, &[Attr("account.id"), Attr("account_id")]),
        (
            C::Environment,
            &[
                Attr("deployment.environment.name"),
                Resource("deployment.environment.name"),
                Resource("deployment.environment"),
                Attr("deployment.environment"),
            ],
        ),
        (C::RequestId, &[Attr("http.request.header.x-request-id"), Attr("request.id")]),
        (
            C::CodeVersion,
            &[
                Resource("vcs.ref.head.revision"),
                Resource("service.version"),
                Attr("service.version"),
            ],
        ),
        (C::Endpoint, &[Attr("server.address"), Attr("net.peer.name")]),
        (C::EndpointPort, &[Attr("server.port"), Attr("net.peer.port")]),
        (C::ErrorType, &[Attr("error.type")]),
        (
            C::HttpStatus,
            &[Attr("http.response.status_code"), Attr("http.status_code"), Attr("error.code")],
        ),
        (C::RetryCount, &[Attr("http.request.resend_count"), Attr("http.resend_count")]),
    ],
    params: &[],
};
