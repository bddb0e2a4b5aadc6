//! What TOML says, and on which lines.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::project::node::{Content, Entry, Node};
use crate::project::{Place, ProjectError};

pub(super) fn parse(text: &str) -> Result<Node, ProjectError> {
    let lines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line = |at: usize| Some(1 + lines.partition_point(|end| *end < at));
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ProjectError::new(Place::on_line(line(at), ""), format!("this is no TOML: {}", error.message()))
    })?;
    Ok(Node::new(Some(1), of_table(table.get_ref(), &line)))
}

fn of_table(table: &DeTable<'_>, line: &impl Fn(usize) -> Option<usize>) -> Content {
    let mut entries: Vec<(usize, Entry)> = table
        .iter()
        .map(|(key, value)| {
            let start = key.span().start;
            let line_of = line(start);
            (
                start,
                Entry {
                    key: key.get_ref().to_string(),
                    line: line_of,
                    value: of_value(value, line_of, line),
                },
            )
        })
        .collect();
    entries.sort_by_key(|(start, _)| *start);
    Content::Map(entries.into_iter().map(|(_, entry)| entry).collect())
}

/// A table is where its key is: TOML's own span of one that is in several places is not of use.
fn of_value(
    value: &Spanned<DeValue<'_>>,
    line_of_key: Option<usize>,
    line: &impl Fn(usize) -> Option<usize>,
) -> Node {
    let content = match value.get_ref() {
        DeValue::String(text) => Content::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Content::Number(number.into()),
            Err(_) => Content::Text(number.as_str().to_owned()),
        },
        DeValue::Float(number) => match number.as_str().parse().ok().and_then(serde_json::Number::from_f64) {
            Some(number) => Content::Number(number),
            None => Content::Text(number.as_str().to_owned()),
        },
        DeValue::Boolean(is_so) => Content::Bool(*is_so),
        DeValue::Datetime(moment) => Content::Text(moment.to_string()),
        DeValue::Array(elements) => {
            let of_element = |element| of_value(element, line(element.span().start), line);
            Content::List(elements.iter().map(of_element).collect())
        }
        DeValue::Table(table) => of_table(table, line),
    };
    Node::new(line_of_key, content)
}

impl ProjectError {
    /// The line of what a check has found in a file.
    pub(super) fn with_line_of(self, root: &Node) -> Self {
        let mut node = root;
        let mut line = None;
        let mut rest = self.place().path.as_str();
        while let Some(entry) = node
            .entries()
            .iter()
            .filter(|entry| starts_with_key(rest, &entry.key))
            .max_by_key(|entry| entry.key.len())
        {
            line = entry.line;
            node = &entry.value;
            rest = rest[entry.key.len()..].trim_start_matches('.');
        }
        self.on_line(line)
    }
}

fn starts_with_key(path: &str, key: &str) -> bool {
    path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
