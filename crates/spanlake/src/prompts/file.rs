//! A prompt version as a file: YAML front matter, then the template.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use spanlake_model::PromptRow;

use crate::error::{Error, Result};

/// The line before and after the front matter.
const FENCE: &str = "---";

/// What stands before the template. Approval is not among it: it is somebody's decision about this
/// very text, and kept with their name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    name: String,
    version: String,
    model: Option<String>,
    params: Option<Value>,
    /// JSON schema of the variables.
    variables: Option<Value>,
    /// JSON schema of the output, or the path of a file with one, from this file's folder.
    output_schema: Option<Value>,
    eval_dataset: Option<String>,
    owner: Option<String>,
    rollback_target: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Reads the prompt versions of files and folders, folders with all that is in them. A file of a
/// folder that does not begin with front matter is no prompt; such files come back as the second
/// list.
///
/// # Errors
/// Names the file that cannot be read or understood, and two that are the same version.
pub fn read_prompts(paths: &[PathBuf]) -> Result<(Vec<PromptRow>, Vec<PathBuf>)> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files)?;
        } else {
            files.push((path.clone(), true));
        }
    }
    let (mut prompts, mut left_out) = (Vec::<(PathBuf, PromptRow)>::new(), Vec::new());
    for (path, is_named) in files {
        let bytes = std::fs::read(&path).map_err(|source| unreadable(&path, source))?;
        let text = String::from_utf8(bytes).ok();
        let text = text.as_deref().map(|text| text.trim_start_matches('\u{feff}'));
        let Some(text) = text.filter(|text| has_front_matter(text)) else {
            if is_named {
                return Err(invalid(
                    &path,
                    "does not begin with front matter between lines of ---",
                ));
            }
            left_out.push(path);
            continue;
        };
        let row = parse(&path, text)?;
        let same = prompts
            .iter()
            .find(|(_, other)| (&other.name, &other.version) == (&row.name, &row.version));
        if let Some((other, _)) = same {
            let reason = format!("is {} {}, as {} is", row.name, row.version, other.display());
            return Err(invalid(&path, &reason));
        }
        prompts.push((path, row));
    }
    Ok((prompts.into_iter().map(|(_, row)| row).collect(), left_out))
}

fn walk(folder: &Path, files: &mut Vec<(PathBuf, bool)>) -> Result<()> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|source| unreadable(folder, source))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let is_hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden {
            continue;
        }
        // A link to a folder could lead in a circle.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, files)?;
        } else if path.is_file() {
            files.push((path, false));
        }
    }
    Ok(())
}

fn has_front_matter(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.trim_end() == FENCE)
}

/// Reads a file: the template is what follows the front matter, without the line ends around it.
fn parse(path: &Path, text: &str) -> Result<PromptRow> {
    let mut matter = String::new();
    let mut rest = text.split_inclusive('\n').skip(1);
    loop {
        match rest.next() {
            Some(line) if line.trim_end() == FENCE => break,
            Some(line) => matter.push_str(line),
            None => return Err(invalid(path, "the front matter has no end: a line ---")),
        }
    }
    let template: String = rest.collect::<String>().replace("\r\n", "\n");
    let template = template.trim_matches('\n');
    if template.is_empty() {
        return Err(invalid(path, "there is no template after the front matter"));
    }
    let options = serde_saphyr::options! { with_snippet: false };
    let matter: FrontMatter = serde_saphyr::from_str_with_options(&matter, options)
        .map_err(|error| invalid(path, &format!("front matter: {error}")))?;
    for (what, text) in [("name", &matter.name), ("version", &matter.version)] {
        if text.trim().is_empty() || text.trim() != text {
            return Err(invalid(
                path,
                &format!("the {what} is empty or has white space around it"),
            ));
        }
    }
    Ok(PromptRow {
        name: matter.name,
        version: matter.version,
        template: Some(template.to_owned()),
        variable_schema: object(path, "variables", matter.variables)?,
        model: matter.model,
        params: object(path, "params", matter.params)?,
        output_schema: schema(path, matter.output_schema)?,
        eval_dataset: matter.eval_dataset,
        owner: matter.owner,
        rollback_target: matter.rollback_target,
        tags: matter.tags,
        ..PromptRow::default()
    })
}

fn object(path: &Path, what: &str, value: Option<Value>) -> Result<Option<String>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) if value.is_object() => Ok(Some(value.to_string())),
        Some(_) => Err(invalid(path, &format!("{what} is no mapping"))),
    }
}

fn schema(path: &Path, value: Option<Value>) -> Result<Option<String>> {
    let Some(Value::String(file)) = value else { return object(path, "output_schema", value) };
    let file = path.parent().unwrap_or(Path::new(".")).join(file);
    let text = std::fs::read_to_string(&file).map_err(|source| unreadable(&file, source))?;
    let value = serde_json::from_str(&text)
        .map_err(|error| invalid(&file, &format!("is no JSON: {error}")))?;
    object(&file, "the schema", Some(value))
}

fn invalid(path: &Path, reason: &str) -> Error {
    Error::Config { path: path.to_owned(), reason: reason.to_owned() }
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    Error::Read { origin: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PromptRow> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("p.md");
        std::fs::write(&path, text).expect("a writable folder");
        read_prompts(&[path]).map(|(mut rows, _)| rows.remove(0))
    }

    #[test]
    fn versions_are_texts_and_schemas_json() {
        let row = read(
            "---\nname: answer\nversion: 1.10\nparams: {temperature: 0.2}\nvariables:\n  type: object\n\
             tags: [support, de]\n---\n\nAnswer {{question}}\n---\nas asked.\n",
        );
        let row = row.unwrap();
        assert_eq!((row.name.as_str(), row.version.as_str()), ("answer", "1.10"));
        assert_eq!(row.template.as_deref(), Some("Answer {{question}}\n---\nas asked."));
        assert_eq!(row.params.as_deref(), Some(r#"{"temperature":0.2}"#));
        assert_eq!(row.variable_schema.as_deref(), Some(r#"{"type":"object"}"#));
        assert_eq!(row.tags, ["support", "de"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("Answer", "does not begin with front matter"),
            ("---\nname: a\n", "has no end"),
            ("---\nname: a\nversion: 1\n---\n\n", "no template"),
            ("---\nname: a\n---\nx", "version"),
            ("---\nname: a\nversion: 1\napproval: approved\n---\nx", "approval"),
            ("---\nname: a\nversion: 1\nparams: 3\n---\nx", "params is no mapping"),
            ("---\nname: a\nversion: 1\noutput_schema: nowhere.json\n---\nx", "nowhere.json"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
