//! A span's attributes, found by number, with parsed JSON kept and use recorded.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};

use serde_json::Value;

use crate::conventions::Column;
use crate::json_text;
use crate::otlp::{Attr, Val};
use crate::precedence::{ColumnSet, Compiled, KeyId, TABLES};

/// Families of keys that share a prefix and hold lists or maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Family {
    OiInput,
    OiOutput,
    OiTools,
    OiPrompts,
    OiDocuments,
    RerankerInput,
    RerankerOutput,
    Embeddings,
    PromptVariable,
    TraceloopVariable,
    GenAiPrompt,
    GenAiCompletion,
    LlmFunctions,
    SpanAnnotations,
    SpanEvaluations,
    TraceAnnotations,
    TraceEvaluations,
    SessionAnnotations,
    SessionEvaluations,
    UsageDetails,
    OiChoices,
    GenAiInput,
    GenAiOutput,
}

/// Longer prefixes come before the ones they begin with.
const FAMILIES: &[(&str, Family)] = &[
    ("llm.input_messages.", Family::OiInput),
    ("llm.output_messages.", Family::OiOutput),
    ("llm.tools.", Family::OiTools),
    ("llm.prompts.", Family::OiPrompts),
    ("llm.choices.", Family::OiChoices),
    ("retrieval.documents.", Family::OiDocuments),
    ("reranker.input_documents.", Family::RerankerInput),
    ("reranker.output_documents.", Family::RerankerOutput),
    ("embedding.embeddings.", Family::Embeddings),
    ("gen_ai.input.messages.", Family::GenAiInput),
    ("gen_ai.output.messages.", Family::GenAiOutput),
    ("gen_ai.prompt.variable.", Family::PromptVariable),
    ("gen_ai.prompt.", Family::GenAiPrompt),
    ("gen_ai.completion.", Family::GenAiCompletion),
    ("gen_ai.usage.details.", Family::UsageDetails),
    ("traceloop.prompt.template_variables.", Family::TraceloopVariable),
    ("llm.request.functions.", Family::LlmFunctions),
    ("gen_ai.request.functions.", Family::LlmFunctions),
    ("annotations.", Family::SpanAnnotations),
    ("evaluations.", Family::SpanEvaluations),
    ("trace.annotations.", Family::TraceAnnotations),
    ("trace.evaluations.", Family::TraceEvaluations),
    ("session.annotations.", Family::SessionAnnotations),
    ("session.evaluations.", Family::SessionEvaluations),
];

const FAMILY_COUNT: usize = 23;
const ABSENT: u16 = u16::MAX;

/// Which namespaces a span's keys are in.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per namespace")]
pub(crate) struct Seen {
    pub gen_ai: bool,
    pub langfuse: bool,
    pub langsmith: bool,
    pub mlflow: bool,
    pub traceloop: bool,
    pub vercel: bool,
    pub logfire: bool,
    pub litellm: bool,
}

/// A span's attributes and its resource's.
pub(crate) struct Attrs<'s, 'a> {
    list: &'s [Attr<'a>],
    resource: &'s [Attr<'a>],
    slots: Vec<u16>,
    /// Columns for which a span attribute is there.
    columns: ColumnSet,
    /// Which keys may be there, by [`shape`]: most questions are about absent ones.
    shapes: [u64; 4],
    families: [Vec<u16>; FAMILY_COUNT],
    used: RefCell<Vec<bool>>,
    json: Vec<OnceCell<Option<Value>>>,
    pub(crate) seen: Seen,
    used_count: Cell<usize>,
}

impl<'s, 'a> Attrs<'s, 'a> {
    pub(crate) fn new(list: &'s [Attr<'a>], resource: &'s [Attr<'a>]) -> Self {
        let list = list.get(..list.len().min(usize::from(ABSENT))).unwrap_or_default();
        let mut attrs = Self {
            list,
            resource,
            slots: vec![ABSENT; TABLES.key_count()],
            columns: if resource.is_empty() { 0 } else { TABLES.of_resources() },
            shapes: [0; 4],
            families: Default::default(),
            used: RefCell::new(vec![false; list.len()]),
            json: (0..list.len()).map(|_| OnceCell::new()).collect(),
            seen: Seen::default(),
            used_count: Cell::new(0),
        };
        for (at, (key, _)) in list.iter().enumerate() {
            attrs.index(at as u16, key);
        }
        attrs
    }

    fn index(&mut self, at: u16, key: &str) {
        let seen = &mut self.seen;
        match key.as_bytes() {
            [b'g', b'e', b'n', ..] => seen.gen_ai |= key.starts_with("gen_ai."),
            [b'l', b'a', b'n', b'g', b'f', ..] => seen.langfuse |= key.starts_with("langfuse."),
            [b'l', b'a', b'n', b'g', b's', ..] => seen.langsmith |= key.starts_with("langsmith."),
            [b'm', b'l', ..] => seen.mlflow |= key.starts_with("mlflow."),
            [b't', b'r', ..] => seen.traceloop |= key.starts_with("traceloop."),
            [b'a', b'i', b'.', ..] => seen.vercel = true,
            [b'l', b'o', ..] => seen.logfire |= key.starts_with("logfire."),
            [b'p', b'y', ..] => seen.logfire |= key.starts_with("pydantic_ai."),
            [b'l', b'i', ..] => seen.litellm |= key.starts_with("litellm."),
            _ => {}
        }
        if let Some(id) = TABLES.key(key) {
            // Of a repeated key the last value counts.
            if let Some(slot) = self.slots.get_mut(usize::from(id)) {
                *slot = at;
            }
            self.columns |= TABLES.columns(id);
            let (word, bit) = shape(key);
            if let Some(word) = self.shapes.get_mut(word) {
                *word |= bit;
            }
            return;
        }
        if let Some((_, family)) = FAMILIES.iter().find(|(prefix, _)| key.starts_with(prefix))
            && let Some(members) = self.families.get_mut(*family as usize)
        {
            members.push(at);
        }
    }

    fn at(&self, id: KeyId) -> Option<(usize, &'s Val<'a>)> {
        let at = *self.slots.get(usize::from(id)).filter(|at| **at != ABSENT)?;
        let (_, val) = self.list.get(usize::from(at))?;
        (!val.is_empty()).then_some((usize::from(at), val))
    }

    /// Returns the number of a key that is there.
    fn id(&self, key: &str) -> Option<KeyId> {
        let (word, bit) = shape(key);
        let may_be_there = self.shapes.get(word).is_some_and(|word| word & bit != 0);
        if may_be_there { TABLES.key(key) } else { None }
    }

    fn mark(&self, at: usize) {
        if let Some(used) = self.used.borrow_mut().get_mut(at) {
            if !*used {
                self.used_count.set(self.used_count.get() + 1);
            }
            *used = true;
        }
    }

    /// Returns an attribute's value without recording its use. Empty values are absent.
    pub(crate) fn peek(&self, key: &str) -> Option<&'s Val<'a>> {
        self.at(self.id(key)?).map(|(_, val)| val)
    }

    /// Returns a text attribute without recording its use.
    pub(crate) fn peek_str(&self, key: &str) -> Option<&'s str> {
        self.peek(key).and_then(Val::as_str)
    }

    /// Whether the key is there, even with an empty value.
    pub(crate) fn has(&self, key: &str) -> bool {
        let at = self.id(key).and_then(|id| self.slots.get(usize::from(id)));
        at.is_some_and(|at| *at != ABSENT)
    }

    /// Whether the attribute is a list without items.
    pub(crate) fn is_empty_list(&self, key: &str) -> bool {
        let at = self.id(key).and_then(|id| self.slots.get(usize::from(id)));
        let attr = at.and_then(|at| self.list.get(usize::from(*at)));
        attr.is_some_and(|(_, val)| matches!(val, Val::List(items) if items.is_empty()))
    }

    /// Records that a column holds the attribute, so that `attributes` need not repeat it.
    pub(crate) fn take(&self, key: &str) {
        if let Some(id) = self.id(key)
            && let Some(at) = self.slots.get(usize::from(id)).filter(|at| **at != ABSENT)
        {
            self.mark(usize::from(*at));
        }
    }

    /// Returns an attribute parsed as JSON, or as it is when it is structured already.
    pub(crate) fn json(&self, key: &str) -> Option<&Value> {
        let (at, val) = self.at(self.id(key)?)?;
        self.json_at(at, val)
    }

    fn json_at(&self, at: usize, val: &Val<'_>) -> Option<&Value> {
        self.json.get(at)?.get_or_init(|| parse_json(val)).as_ref()
    }

    fn may_have(&self, column: Column) -> bool {
        self.columns & (1 << column as usize) != 0
    }

    /// Returns the first source of a column that `read` accepts, and records its use.
    pub(crate) fn first<T>(
        &self,
        column: Column,
        mut read: impl FnMut(&Val<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.may_have(column) {
            return None;
        }
        for source in TABLES.sources(column) {
            let found = match source {
                Compiled::Attr(id) => self.at(*id).and_then(|(at, val)| {
                    let value = read(val)?;
                    self.mark(at);
                    Some(value)
                }),
                // The rest of the JSON stays in `attributes`.
                Compiled::Member(id, path) => self.at(*id).and_then(|(at, val)| {
                    let member = lookup(self.json_at(at, val)?, path)?;
                    read(&from_json(member))
                }),
                Compiled::Resource(key) => self.resource(key).and_then(&mut read),
                Compiled::Seconds(id) => self.at(*id).and_then(|(at, val)| {
                    let value = read(&Val::Double(number(val)? * 1_000.0))?;
                    self.mark(at);
                    Some(value)
                }),
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Returns the first source of a column that is there.
    pub(crate) fn first_attr(&self, column: Column) -> Option<Found<'_, 's, 'a>> {
        if !self.may_have(column) {
            return None;
        }
        TABLES.sources(column).iter().find_map(|source| match source {
            Compiled::Attr(id) => {
                let (at, val) = self.at(*id)?;
                Some(Found { attrs: self, at, val })
            }
            _ => None,
        })
    }

    /// Returns a column's first source as text.
    pub(crate) fn text(&self, column: Column) -> Option<String> {
        self.first(column, text)
    }

    pub(crate) fn int(&self, column: Column) -> Option<i64> {
        self.first(column, int)
    }

    pub(crate) fn double(&self, column: Column) -> Option<f64> {
        self.first(column, |val| number(val).filter(|number| number.is_finite()))
    }

    pub(crate) fn flag(&self, column: Column) -> Option<bool> {
        self.first(column, flag)
    }

    /// Returns a resource attribute.
    pub(crate) fn resource(&self, key: &str) -> Option<&'s Val<'a>> {
        let found = self.resource.iter().rfind(|(name, _)| name == key);
        found.map(|(_, val)| val).filter(|val| !val.is_empty())
    }

    /// Returns an application's own attribute by name, from the span or else the resource.
    pub(crate) fn configured(&self, keys: &[String]) -> Option<String> {
        keys.iter().find_map(|key| {
            let own = self.list.iter().enumerate().rfind(|(_, (name, _))| name == key);
            if let Some((at, (_, val))) = own
                && let Some(value) = text(val)
            {
                self.mark(at);
                return Some(value);
            }
            self.resource(key).and_then(text)
        })
    }

    /// Whether a family has members.
    pub(crate) fn has_family(&self, family: Family) -> bool {
        self.families.get(family as usize).is_some_and(|members| !members.is_empty())
    }

    /// Returns a family's members: what follows the prefix, and the value. Records their use.
    pub(crate) fn family(&self, family: Family) -> Vec<(&'s str, &'s Val<'a>)> {
        let prefixes = || FAMILIES.iter().filter(|(_, named)| *named == family);
        let members = self.families.get(family as usize).map(Vec::as_slice).unwrap_or_default();
        let entries = members.iter().filter_map(|at| {
            self.mark(usize::from(*at));
            let (key, val) = self.list.get(usize::from(*at))?;
            Some((prefixes().find_map(|(prefix, _)| key.strip_prefix(prefix))?, val))
        });
        entries.collect()
    }

    /// Returns the parameters without a column, by name.
    pub(crate) fn params(&self) -> Vec<(&'static str, &'s Val<'a>)> {
        let known = TABLES.params().iter();
        known
            .filter_map(|(id, name)| {
                let (at, val) = self.at(*id)?;
                self.mark(at);
                Some((*name, val))
            })
            .collect()
    }

    /// Returns the attributes that no column holds, in their order.
    pub(crate) fn unused(&self) -> impl Iterator<Item = &'s Attr<'a>> {
        let used = self.used.borrow().clone();
        self.list.iter().zip(used).filter(|(_, used)| !used).map(|(attr, _)| attr)
    }
}

/// A bit for a key's length and ends: cheaper than a hash, and enough to tell what is not there.
fn shape(key: &str) -> (usize, u64) {
    let bytes = key.as_bytes();
    let middle = bytes.get(bytes.len() / 2).copied().unwrap_or_default();
    let last = bytes.last().copied().unwrap_or_default();
    let mixed = bytes.len().wrapping_mul(37) ^ usize::from(middle) << 3 ^ usize::from(last);
    (mixed >> 6 & 3, 1 << (mixed & 63))
}

/// An attribute found for a column.
pub(crate) struct Found<'f, 's, 'a> {
    attrs: &'f Attrs<'s, 'a>,
    at: usize,
    pub val: &'s Val<'a>,
}

impl<'f, 's> Found<'f, 's, '_> {
    /// Records its use.
    pub(crate) fn take(&self) {
        self.attrs.mark(self.at);
    }

    /// Returns it as JSON, parsed once.
    pub(crate) fn json(&self) -> Option<&'f Value> {
        self.attrs.json_at(self.at, self.val)
    }

    /// Returns its key.
    pub(crate) fn key(&self) -> &'s str {
        self.attrs.list.get(self.at).map(|(key, _)| key.as_ref()).unwrap_or_default()
    }
}

/// Parses a JSON text; structured values convert. Text that is no JSON, or nests deeper than
/// 128 levels, gives `None`.
pub(crate) fn parse_json(val: &Val<'_>) -> Option<Value> {
    match val {
        Val::Str(text) => {
            let first = text.trim_start().bytes().next()?;
            matches!(first, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
                .then(|| json_text::parse(text).ok())
                .flatten()
        }
        Val::List(_) | Val::Map(_) => Some(val.to_json()),
        _ => None,
    }
}

/// Finds a member by dotted path; a number indexes a list.
pub(crate) fn lookup<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Object(members) => members.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Converts JSON to an attribute value.
pub(crate) fn from_json(value: &Value) -> Val<'_> {
    match value {
        Value::Null => Val::Null,
        Value::Bool(flag) => Val::Bool(*flag),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Val::Double(number.as_f64().unwrap_or_default()), Val::Int),
        Value::String(text) => Val::Str(Cow::Borrowed(text)),
        Value::Array(items) => Val::List(items.iter().map(from_json).collect()),
        Value::Object(members) => {
            let entries = members.iter();
            Val::Map(
                entries.map(|(key, val)| (Cow::Borrowed(key.as_str()), from_json(val))).collect(),
            )
        }
    }
}

/// Reads a label: text (JSON-quoted text is unquoted), numbers and booleans as words.
pub(crate) fn text(val: &Val<'_>) -> Option<String> {
    match val {
        Val::Str(text) => {
            let text = unquote(text);
            // Logfire replaces what looks sensitive by this; Python's None is no value.
            let nothing = text.is_empty() || text.starts_with("[Scrubbed due to") || text == "null";
            (!nothing && text != "None").then(|| text.into_owned())
        }
        Val::Bool(flag) => Some(flag.to_string()),
        Val::Int(int) => Some(int.to_string()),
        Val::Double(double) if double.is_finite() => Some(double.to_string()),
        _ => None,
    }
}

/// Takes off the quotes of a JSON string.
pub(crate) fn unquote(text: &str) -> Cow<'_, str> {
    if text.len() >= 2
        && text.starts_with('"')
        && text.ends_with('"')
        && let Ok(inner) = serde_json::from_str::<String>(text)
    {
        return Cow::Owned(inner);
    }
    Cow::Borrowed(text)
}

/// Reads an integer, also from text or a double without a fraction.
pub(crate) fn int(val: &Val<'_>) -> Option<i64> {
    match val {
        Val::Int(int) => Some(*int),
        Val::Double(double) => whole(*double),
        Val::Str(text) => {
            let text = unquote(text);
            let text = text.trim();
            text.parse().ok().or_else(|| text.parse::<f64>().ok().and_then(whole))
        }
        _ => None,
    }
}

fn whole(double: f64) -> Option<i64> {
    (double.is_finite() && double.fract() == 0.0 && double.abs() < 9.2e18).then_some(double as i64)
}

/// Reads a number, also from text.
pub(crate) fn number(val: &Val<'_>) -> Option<f64> {
    match val {
        Val::Int(int) => Some(*int as f64),
        Val::Double(double) => Some(*double),
        Val::Str(text) => unquote(text).trim().parse().ok(),
        _ => None,
    }
}

/// Reads a flag, also from the words of several languages.
pub(crate) fn flag(val: &Val<'_>) -> Option<bool> {
    match val {
        Val::Bool(flag) => Some(*flag),
        Val::Int(int) => Some(*int != 0),
        Val::Str(text) => match unquote(text).trim() {
            "true" | "True" | "TRUE" | "1" | "yes" => Some(true),
            "false" | "False" | "FALSE" | "0" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
