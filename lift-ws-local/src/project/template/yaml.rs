//! A template's text as nodes: YAML with CloudFormation's tags, or JSON.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Number, Value};

use crate::project::node::{Content, Entry, Node};
use crate::project::{Place, ProjectError};

/// CloudFormation takes 1 MB.
const MAX_BYTES: usize = 1024 * 1024;
/// How deep lists and maps may lie in each other.
const MAX_DEPTH: usize = 64;
/// How many values there may be once aliases are put in their places.
const MAX_VALUES: usize = 100_000;
/// How many bytes their texts may have then.
const MAX_TEXT_BYTES: usize = 16 * MAX_BYTES;

/// Reads the first document of a text. Tags such as `!Ref` become what they are short for.
pub(super) fn parse(text: &str) -> Result<Node, ProjectError> {
    if text.len() > MAX_BYTES {
        return Err(problem(None, "it is larger than 1 MB, which CloudFormation does not take either"));
    }
    if text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        return of_json(value, 0);
    }
    let mut reader =
        Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), size: Size::default() };
    reader.document()
}

fn of_json(value: Value, depth: usize) -> Result<Node, ProjectError> {
    if depth > MAX_DEPTH {
        return Err(too_deep(None));
    }
    let content = match value {
        Value::Null => Content::Null,
        Value::Bool(is_so) => Content::Bool(is_so),
        Value::Number(number) => Content::Number(number),
        Value::String(text) => Content::Text(text),
        Value::Array(elements) => Content::List(
            elements.into_iter().map(|element| of_json(element, depth + 1)).collect::<Result<_, _>>()?,
        ),
        Value::Object(members) => {
            let entry = |(key, value)| Ok(Entry { key, line: None, value: of_json(value, depth + 1)? });
            Content::Map(members.into_iter().map(entry).collect::<Result<_, ProjectError>>()?)
        }
    };
    Ok(Node::new(None, content))
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// What aliases stand for, and how large it is.
    anchors: HashMap<usize, (Node, Size)>,
    /// All that was read, what aliases stand for counted at each of them.
    size: Size,
}

/// How much there is of something.
#[derive(Clone, Copy, Default)]
struct Size {
    values: usize,
    text_bytes: usize,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Node, ProjectError> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Err(problem(None, "it is empty")),
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (event, span) => return self.node(event, span, 0),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), ProjectError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let text = format!("this is no YAML: {}", error.info());
                Err(problem(Some(error.marker().line()), text))
            }
            None => Err(problem(None, "it ends too early")),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, ProjectError> {
        let line = Some(span.start.line());
        if depth > MAX_DEPTH {
            return Err(too_deep(line));
        }
        let text_bytes = if let Event::Scalar(text, ..) = &event { text.len() } else { 0 };
        self.count(Size { values: 1, text_bytes }, line)?;
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(line, text, style, tag.as_deref())?, anchor),
            Event::SequenceStart(anchor, tag) => {
                let mut elements = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => elements.push(self.node(event, span, depth + 1)?),
                    }
                }
                (tagged(Node::new(line, Content::List(elements)), tag.as_deref())?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                let map = Node::new(line, Content::Map(self.entries(depth)?));
                (tagged(map, tag.as_deref())?, anchor)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    return Err(problem(line, "an alias stands within what it is for"));
                };
                if depth + depth_of(node) > MAX_DEPTH {
                    return Err(too_deep(line));
                }
                let (size, content) = (*size, node.content.clone());
                self.count(size, line)?;
                return Ok(Node::new(line, content));
            }
            _ => return Err(problem(line, "this is no YAML: a value is missing")),
        };
        if anchor > 0 {
            let size = Size { values: node.value_count(), text_bytes: node.text_bytes() };
            self.count(size, line)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(node)
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<Entry>, ProjectError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = HashSet::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            let Some(text) = key.to_text() else {
                return Err(problem(key.line, format!("a key is {}: write a text", key.kind())));
            };
            if text == "<<" {
                merged.extend(value.elements().iter().flat_map(Node::entries).cloned());
            } else if !seen.insert(text.clone()) {
                return Err(problem(key.line, format!("the key `{text}` is there twice")));
            } else {
                entries.push(Entry { key: text, line: key.line, value });
            }
        }
        for entry in merged {
            if seen.insert(entry.key.clone()) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// A few aliases of aliases, or many of one long text, can stand for more than there is memory.
    fn count(&mut self, more: Size, line: Option<usize>) -> Result<(), ProjectError> {
        self.size.values = self.size.values.saturating_add(more.values);
        self.size.text_bytes = self.size.text_bytes.saturating_add(more.text_bytes);
        if self.size.values > MAX_VALUES {
            let text = format!("it has more than {MAX_VALUES} values, those behind aliases counted");
            return Err(problem(line, text));
        }
        if self.size.text_bytes > MAX_TEXT_BYTES {
            return Err(problem(line, "its texts have more than 16 MB, those behind aliases counted"));
        }
        Ok(())
    }
}

fn depth_of(node: &Node) -> usize {
    match &node.content {
        Content::List(elements) => 1 + elements.iter().map(depth_of).max().unwrap_or(0),
        Content::Map(entries) => 1 + entries.iter().map(|entry| depth_of(&entry.value)).max().unwrap_or(0),
        _ => 0,
    }
}

fn scalar(
    line: Option<usize>,
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
) -> Result<Node, ProjectError> {
    let is_plain = style == ScalarStyle::Plain && tag.is_none();
    let content = if is_plain { plain(&text) } else { Content::Text(text.into_owned()) };
    tagged(Node::new(line, content), tag)
}

/// What a text without quotes is. Numbers that would not be written so again (`012`, `1e3`) stay texts: they are account
/// numbers and versions.
fn plain(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ => {
            let looks_numeric = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            let number = if looks_numeric { serde_json::from_str::<Number>(text).ok() } else { None };
            match number.filter(|number| number.to_string() == text) {
                Some(number) => Content::Number(number),
                None => Content::Text(text.to_owned()),
            }
        }
    }
}

/// `!Ref x` is `{"Ref": x}`, `!Condition x` is `{"Condition": x}`, `!Sub x` is `{"Fn::Sub": x}`.
fn tagged(node: Node, tag: Option<&Tag>) -> Result<Node, ProjectError> {
    let Some(tag) = tag else { return Ok(node) };
    let line = node.line;
    let name = match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", name) if name.chars().all(|c| c.is_ascii_alphanumeric()) => name,
        ("tag:yaml.org,2002:", "str" | "int" | "float" | "bool" | "null" | "seq" | "map" | "binary") => {
            return Ok(node);
        }
        _ => return Err(problem(line, format!("the tag `{tag}` is none that templates have"))),
    };
    if name.is_empty() {
        return Ok(node);
    }
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    Ok(Node::new(line, Content::Map(vec![Entry { key, line, value: node }])))
}

fn too_deep(line: Option<usize>) -> ProjectError {
    problem(line, format!("lists and maps lie more than {MAX_DEPTH} deep in each other"))
}

fn problem(line: Option<usize>, text: impl Into<String>) -> ProjectError {
    ProjectError::new(Place::on_line(line, ""), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn json_of(text: &str) -> Value {
        parse(text).unwrap().to_json()
    }

    #[test]
    fn short_forms_are_what_they_are_short_for() {
        let yaml = "a: !Ref X\nb: !GetAtt Y.Arn\nc: !Sub 'x-${Z}'\nd: !Join ['', [a, !Ref B]]\ne:\n  Fn::If: [C, 1, !Ref 'AWS::NoValue']\n";
        let expected = json!({
            "a": {"Ref": "X"}, "b": {"Fn::GetAtt": "Y.Arn"}, "c": {"Fn::Sub": "x-${Z}"},
            "d": {"Fn::Join": ["", ["a", {"Ref": "B"}]]}, "e": {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]},
        });
        assert_eq!(json_of(yaml), expected);
        assert_eq!(json_of(&expected.to_string()), expected);
    }

    #[test]
    fn scalars_are_what_cloudformation_takes_them_for() {
        let yaml = "a: 012345678901\nb: 3\nc: 2010-09-09\nd: yes\ne: true\nf: '7'\ng: ~\nh: 1.5\ni: 1e3\nj: |\n  x\n  y\n";
        let expected = json!({
            "a": "012345678901", "b": 3, "c": "2010-09-09", "d": "yes", "e": true, "f": "7", "g": null, "h": 1.5,
            "i": "1e3", "j": "x\ny\n",
        });
        assert_eq!(json_of(yaml), expected);
    }

    #[test]
    fn lines_are_known_and_aliases_and_merges_are_put_in_their_places() {
        let node = parse("base: &base\n  x: 1\n\nuse: *base\nmore:\n  <<: *base\n  y: 2\n").unwrap();
        assert_eq!(node.get("use").unwrap().line, Some(4));
        assert_eq!(node.get("base").unwrap().get("x").unwrap().line, Some(2));
        assert_eq!(node.to_json(), json!({"base": {"x": 1}, "use": {"x": 1}, "more": {"y": 2, "x": 1}}));
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_line() {
        for (text, expected) in [
            ("a: [1, 2", "line"),
            ("a: b: c", "line 1: this is no YAML: "),
            ("a: 1\na: 2", "line 2: the key `a` is there twice"),
            ("", "the file: it is empty"),
            ("? [1]\n: 2", "line 1: a key is a list: write a text"),
            ("a: !<tag:example.com,2000:x> 1", "line 1: the tag"),
            ("a: *nobody", "line 1: "),
        ] {
            let problem = parse(text).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{text}: {problem}");
        }
    }

    #[test]
    fn bombs_do_not_go_off() {
        let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (name, of) in ('b'..='k').zip('a'..) {
            bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 10].join(", ")));
        }
        assert!(parse(&bomb).unwrap_err().to_string().contains("more than 100000 values"));
        let mut ladder = String::from("a0: &a0 [x]\n");
        for step in 1..200 {
            ladder.push_str(&format!("a{step}: &a{step} [*a{}]\n", step - 1));
        }
        assert!(parse(&ladder).unwrap_err().to_string().contains("64 deep"));
        for deep in
            ["[".repeat(500_000), "{a: ".repeat(200_000), "- ".repeat(300_000), "{\"a\":".repeat(200_000)]
        {
            let problem = parse(&deep).unwrap_err().to_string();
            assert!(problem.contains("64 deep") || problem.contains("no YAML"), "{problem}");
        }
        assert!(parse(&"x".repeat(2 * 1024 * 1024)).unwrap_err().to_string().contains("larger than 1 MB"));
        assert!(parse("a: &a [*a]").is_err());
    }

    #[test]
    fn a_long_text_with_many_aliases_is_refused_and_with_a_few_is_not() {
        let text =
            |aliases| format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), vec!["*a"; aliases].join(", "));
        assert!(parse(&text(10)).is_ok());
        assert!(parse(&text(90_000)).unwrap_err().to_string().contains("more than 16 MB"));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[ \\n\\t\\-:!&*?{}\\[\\],'\"|>%#a-zR<$]{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
