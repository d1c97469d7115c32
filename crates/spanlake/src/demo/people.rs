//! Who sends the traffic: tenants and models.

/// A customer of the demo's company.
pub(super) struct Tenant {
    pub(super) id: &'static str,
    pub(super) share: f64,
    pub(super) users: i64,
}

/// Tenants from the largest to the smallest.
pub(super) const TENANTS: [Tenant; 7] = [
    Tenant { id: "northwind-retail", share: 0.36, users: 900 },
    Tenant { id: "blueharbor-bank", share: 0.21, users: 420 },
    Tenant { id: "kestrel-telecom", share: 0.15, users: 350 },
    Tenant { id: "alder-health", share: 0.11, users: 240 },
    Tenant { id: "fjord-logistics", share: 0.08, users: 160 },
    Tenant { id: "pine-media", share: 0.06, users: 90 },
    Tenant { id: "lumen-energy", share: 0.03, users: 40 },
];

/// The tenant whose answers get worse in `faithfulness_tenant`.
pub(super) const FAULT_TENANT: &str = "blueharbor-bank";

/// A model as called and how fast it is.
pub(super) struct Model {
    pub(super) provider: &'static str,
    pub(super) request: &'static str,
    pub(super) response: &'static str,
    pub(super) host: &'static str,
    /// Median time to the first token, seconds.
    pub(super) first_token_s: f64,
    pub(super) tokens_per_s: f64,
    /// Share of input that a warm prompt cache serves, when it hits.
    pub(super) cached: f64,
}

impl Model {
    pub(super) fn is_anthropic(&self) -> bool {
        self.provider == "anthropic"
    }
}

pub(super) const GPT_4O: Model = Model {
    provider: "openai",
    request: "gpt-4o",
    response: "gpt-4o-2024-11-20",
    host: "api.openai.com",
    first_token_s: 0.48,
    tokens_per_s: 92.0,
    cached: 0.6,
};
pub(super) const GPT_4O_MINI: Model = Model {
    provider: "openai",
    request: "gpt-4o-mini",
    response: "gpt-4o-mini-2024-07-18",
    host: "api.openai.com",
    first_token_s: 0.36,
    tokens_per_s: 118.0,
    cached: 0.6,
};
pub(super) const GPT_41_MINI: Model = Model {
    provider: "openai",
    request: "gpt-4.1-mini",
    response: "gpt-4.1-mini-2025-04-14",
    host: "api.openai.com",
    first_token_s: 0.41,
    tokens_per_s: 110.0,
    cached: 0.6,
};
pub(super) const HAIKU: Model = Model {
    provider: "anthropic",
    request: "claude-3-5-haiku-20241022",
    response: "claude-3-5-haiku-20241022",
    host: "api.anthropic.com",
    first_token_s: 0.52,
    tokens_per_s: 84.0,
    cached: 0.5,
};
pub(super) const SONNET: Model = Model {
    provider: "anthropic",
    request: "claude-sonnet-4-20250514",
    response: "claude-sonnet-4-20250514",
    host: "api.anthropic.com",
    first_token_s: 0.83,
    tokens_per_s: 68.0,
    cached: 0.5,
};
