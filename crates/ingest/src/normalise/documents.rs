//! Documents of retrievers and rerankers, in any form.

use serde_json::{Map, Value};
use spanlake_model::{Document, Kind};

use super::flatten;
use crate::attrs::{Attrs, Family, parse_json};
use crate::conventions::Column;
use crate::otlp::RawEvent;

/// Members under which answers of retrievers and vector stores list what they found.
pub(crate) const LISTS: &[&str] = &[
    "documents",
    "output",
    "matches",
    "results",
    "docs",
    "hits",
    "source_nodes",
    "sources",
    "points",
    "items",
    "data",
    "nodes",
    "ranking",
    "result",
    "context",
];

/// Reads the documents of a span.
pub(crate) fn read(attrs: &Attrs<'_, '_>, events: &[RawEvent<'_>], kind: Kind) -> Vec<Document> {
    if attrs.has_family(Family::OiDocuments) {
        return named_by_output(flattened(attrs, Family::OiDocuments), attrs);
    }
    if attrs.has_family(Family::RerankerOutput) || attrs.has_family(Family::RerankerInput) {
        return reranked(attrs);
    }
    if let Some(found) = attrs.first_attr(Column::Documents)
        && let Some(value) = found.json()
    {
        let documents = from_json(value);
        if !documents.is_empty() {
            found.take();
            return documents;
        }
    }
    let documents: Vec<Document> = events.iter().filter_map(from_event).collect();
    if !documents.is_empty() || !matches!(kind, Kind::Retriever | Kind::Reranker) {
        return documents;
    }
    let outputs = [
        "langfuse.observation.output",
        "gen_ai.completion",
        "mlflow.spanOutputs",
        "output.value",
        "traceloop.entity.output",
        "gen_ai.tool.call.result",
        "lmnr.span.output",
        "langwatch.output",
        "genkit:output",
        "braintrust.output_json",
    ];
    for key in outputs {
        if let Some(value) = attrs.json(key) {
            let documents = from_json(value);
            if !documents.is_empty() {
                return documents;
            }
        }
    }
    Vec::new()
}

/// The raw output beside the flattened list may be the only one to name the documents: as with what
/// hides in the metadata, the name is a chunk's.
fn named_by_output(mut documents: Vec<Document>, attrs: &Attrs<'_, '_>) -> Vec<Document> {
    if documents.iter().any(|document| document.id.is_none() && document.chunk_id.is_none())
        && let Some(value) = attrs.json("output.value")
    {
        let raw = from_json(value);
        let same = |(known, raw): (&Document, &Document)| known.content == raw.content;
        if raw.len() == documents.len() && documents.iter().zip(&raw).all(same) {
            for (document, raw) in documents.iter_mut().zip(raw) {
                document.chunk_id = document.chunk_id.take().or(raw.id);
            }
        }
    }
    documents
}

fn flattened(attrs: &Attrs<'_, '_>, family: Family) -> Vec<Document> {
    let items = flatten::list(&attrs.family(family));
    items
        .iter()
        .map(|item| {
            let members = item.get("document").unwrap_or(item).as_object();
            members.map(openinference).unwrap_or_default()
        })
        .collect()
}

/// OpenInference names id and score; what hides in the metadata stays a chunk's.
fn openinference(members: &Map<String, Value>) -> Document {
    let metadata = members.get("metadata").map(object_or_parsed);
    let metadata = metadata.as_ref().and_then(Value::as_object);
    Document {
        id: text(members, &["id"]),
        chunk_id: metadata
            .and_then(|members| text(members, &["chunk_id", "chunk", "id", "source"])),
        score: number(members, &["score"]),
        content: text(members, &["content"]),
        source_type: Some("retrieved".to_owned()),
        ..Document::default()
    }
}

fn reranked(attrs: &Attrs<'_, '_>) -> Vec<Document> {
    let inputs = flattened(attrs, Family::RerankerInput);
    let outputs = flattened(attrs, Family::RerankerOutput);
    let from_input =
        |id: &Option<String>| inputs.iter().find(|input| id.is_some() && input.id == *id);
    outputs
        .into_iter()
        .map(|output| {
            let input = from_input(&output.id);
            Document {
                rerank_score: output.score,
                score: input.and_then(|input| input.score),
                content: output.content.or_else(|| input.and_then(|input| input.content.clone())),
                id: output.id,
                chunk_id: output.chunk_id,
                source_type: output.source_type,
                in_context: None,
            }
        })
        .collect()
}

/// Reads a list of documents, or the list inside an answer of a vector store.
pub(crate) fn from_json(value: &Value) -> Vec<Document> {
    match value {
        Value::Array(items) => {
            if let [Value::Array(inner)] = items.as_slice() {
                return from_json(&Value::Array(inner.clone()));
            }
            let documents = items.iter().filter_map(document).collect::<Vec<_>>();
            if documents.len() == items.len() { documents } else { Vec::new() }
        }
        Value::Object(members) => {
            if let Some(documents) = chroma(members) {
                return documents;
            }
            LISTS
                .iter()
                .filter_map(|key| members.get(*key))
                .map(from_json)
                .find(|documents| !documents.is_empty())
                .unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Chroma answers in columns: {ids: [[..]], distances: [[..]], documents: [[..]]}.
fn chroma(members: &Map<String, Value>) -> Option<Vec<Document>> {
    let column = |key: &str| -> Vec<Value> {
        match members.get(key) {
            Some(Value::Array(outer)) => match outer.first() {
                Some(Value::Array(inner)) => inner.clone(),
                _ => outer.clone(),
            },
            _ => Vec::new(),
        }
    };
    let ids = column("ids");
    if ids.is_empty() {
        return None;
    }
    let (distances, contents) = (column("distances"), column("documents"));
    let documents = ids.iter().enumerate().map(|(at, id)| Document {
        id: id.as_str().map(str::to_owned).or_else(|| Some(id.to_string())),
        score: distances.get(at).and_then(Value::as_f64),
        content: contents.get(at).and_then(Value::as_str).map(str::to_owned),
        source_type: Some("retrieved".to_owned()),
        ..Document::default()
    });
    Some(documents.collect())
}

fn document(value: &Value) -> Option<Document> {
    let members = match value {
        Value::String(text) => {
            // A repr of an object is no content.
            return (!text.starts_with('<')).then(|| match serde_json::from_str(text) {
                Ok(inner @ Value::Object(_)) => document(&inner).unwrap_or_default(),
                _ => Document {
                    content: Some(text.clone()),
                    source_type: Some("retrieved".to_owned()),
                    ..Document::default()
                },
            });
        }
        // [document, score], as LangChain's similarity search answers.
        Value::Array(pair) => {
            let [inner @ Value::Object(_), Value::Number(score)] = pair.as_slice() else {
                return None;
            };
            let mut found = document(inner)?;
            found.score = score.as_f64();
            return Some(found);
        }
        Value::Object(members) => members,
        _ => return None,
    };
    let inner = ["document", "node", "kwargs", "chunk", "entity", "payload"];
    let inner = inner.iter().find_map(|key| members.get(*key)?.as_object());
    let metadata = [Some(members), inner]
        .into_iter()
        .flatten()
        .find_map(|members| {
            ["metadata", "meta", "payload", "meta_data"].iter().find_map(|key| members.get(*key))
        })
        .map(object_or_parsed);
    let metadata = metadata.as_ref().and_then(Value::as_object);
    let ids = ["id", "document_id", "doc_id", "documentId", "id_", "_id", "node_id", "uuid", "key"];
    let hidden = ["id", "doc_id", "document_id", "doc_uri", "source", "chunk_id", "url"];
    let contents =
        ["content", "text", "page_content", "pageContent", "document", "snippet", "chunk", "body"];
    let scores = ["score", "relevance_score", "relevanceScore", "similarity", "distance", "_score"];
    let found = Document {
        id: text(members, &ids)
            .or_else(|| inner.and_then(|inner| text(inner, &ids)))
            .or_else(|| metadata.and_then(|metadata| text(metadata, &hidden))),
        chunk_id: text(members, &["chunk_id", "chunkId"])
            .or_else(|| metadata.and_then(|metadata| text(metadata, &["chunk_id"]))),
        score: number(members, &scores)
            .or_else(|| metadata.and_then(|metadata| number(metadata, &scores))),
        rerank_score: number(members, &["rerank_score", "reranker_score"]),
        in_context: members.get("in_context").and_then(Value::as_bool),
        source_type: text(members, &["source_type"]).or_else(|| Some("retrieved".to_owned())),
        content: text(members, &contents)
            .or_else(|| inner.and_then(|inner| text(inner, &contents)))
            .or_else(|| metadata.and_then(|metadata| text(metadata, &["text", "content"]))),
    };
    let says_something = found.id.is_some() || found.content.is_some();
    says_something.then_some(found)
}

/// OpenLLMetry's vector stores write one event per match.
fn from_event(event: &RawEvent<'_>) -> Option<Document> {
    if !matches!(
        event.name.as_ref(),
        "db.query.result"
            | "db.search.result"
            | "db.pinecone.query.matches"
            | "pinecone.query.match"
    ) {
        return None;
    }
    let members: Map<String, Value> = event
        .attributes
        .iter()
        .map(|(key, val)| {
            let name = key.rsplit('.').next().unwrap_or_default().to_owned();
            (name, parse_json(val).unwrap_or_else(|| val.to_json()))
        })
        .collect();
    document(&Value::Object(members))
}

fn object_or_parsed(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        other => other.clone(),
    }
}

fn text(members: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match members.get(*key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn number(members: &Map<String, Value>, keys: &[&str]) -> Option<f64> {
    keys.iter().find_map(|key| match members.get(*key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    })
}
