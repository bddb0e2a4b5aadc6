//! What each connection does, step by step.

use std::fmt;
use std::time::Duration;

use super::arguments::duration;

/// Steps: some at first, the others over and over. Without any, a connection is held and listens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) first: Vec<Step>,
    pub(super) repeated: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send(Template),
    /// Waits for a message that has this text; for any, if it is empty.
    Receive(Template),
    Pause(Duration),
}

/// A mistake in a script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    line: usize,
    what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl Script {
    /// One message at a time: the next when something came back.
    pub(super) fn closed_loop(message: &str) -> Self {
        // A text from the command line is meant as it stands where it is no template.
        let message = Template::parse(message).unwrap_or_else(|_| Template::literal(message));
        Self { first: Vec::new(), repeated: vec![Step::Send(message), Step::Receive(Template::default())] }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        let (mut script, mut repeats) = (Self::default(), false);
        for (index, line) in text.lines().enumerate() {
            let at = |what: String| Mistake { line: index + 1, what };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line == "repeat" {
                if repeats {
                    return Err(at(
                        "a second `repeat`: write it once, before what is done over and over".to_owned()
                    ));
                }
                repeats = true;
                continue;
            }
            let step = step(line).map_err(at)?;
            if repeats { script.repeated.push(step) } else { script.first.push(step) }
        }
        if repeats && script.repeated.iter().all(|step| matches!(step, Step::Send(_))) {
            let what = "nothing after `repeat` waits, so messages would pile up: add `receive` or `pause 1s`";
            return Err(Mistake { line: text.lines().count(), what: what.to_owned() });
        }
        Ok(script)
    }
}

fn step(line: &str) -> Result<Step, String> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match word {
        "send" if rest.is_empty() => Err("`send` what? write `send {\"action\":\"ping\"}`".to_owned()),
        "send" => Ok(Step::Send(Template::parse(rest)?)),
        "receive" => Ok(Step::Receive(Template::parse(rest)?)),
        "pause" => match duration(rest)? {
            Duration::ZERO => Err("a pause of no time is none: write `pause 1ms` or more".to_owned()),
            time => Ok(Step::Pause(time)),
        },
        _ => Err(format!("`{word}` is no step: write `send`, `receive`, `pause` or `repeat`")),
    }
}

/// A text with `{{connection}}`, `{{message}}`, or such a number `% N`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Number { which: Which, modulus: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Connection,
    Message,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, after) =
                after.split_once("}}").ok_or_else(|| "`{{` does not end: write `}}`".to_owned())?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(number(inside)?);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(Self(parts))
    }

    fn literal(text: &str) -> Self {
        Self(vec![Part::Text(text.to_owned())])
    }

    /// The text for this message of this connection.
    pub(super) fn text(&self, connection: u64, message: u64) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Number { which: Which::Connection, modulus } => {
                    text.push_str(&(connection % modulus).to_string());
                }
                Part::Number { which: Which::Message, modulus } => {
                    text.push_str(&(message % modulus).to_string())
                }
            }
        }
        text
    }
}

fn number(inside: &str) -> Result<Part, String> {
    let unknown = || {
        format!(
            "`{{{{{inside}}}}}` is unknown: write `{{{{connection}}}}`, `{{{{message}}}}` or `{{{{connection % 10}}}}`"
        )
    };
    let (name, modulus) = match inside.split_once('%') {
        Some((name, modulus)) => (name, modulus.trim().parse().ok().filter(|n| *n > 0).ok_or_else(unknown)?),
        None => (inside, u64::MAX),
    };
    let which = match name.trim() {
        "connection" => Which::Connection,
        "message" => Which::Message,
        _ => return Err(unknown()),
    };
    Ok(Part::Number { which, modulus })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_step_by_step() {
        let script = Script::parse(
            "# who I am\nsend {\"a\":{\"b\":\"p{{connection % 10}}\"}}\n\nreceive\nrepeat\n  send x{{message}}\n  receive x{{message}}\n pause 5ms",
        )
        .unwrap();
        let Step::Send(join) = &script.first[0] else { panic!() };
        assert_eq!(join.text(27, 1), "{\"a\":{\"b\":\"p7\"}}");
        assert_eq!(script.first[1], Step::Receive(Template::default()));
        assert_eq!(script.repeated[0], Step::Send(Template::parse("x{{message}}").unwrap()));
        assert_eq!(script.repeated[2], Step::Pause(Duration::from_millis(5)));
    }

    #[test]
    fn each_mistake_names_its_line_and_a_way_out() {
        for (text, expected) in [
            ("\nsned x", "line 2: `sned` is no step: write `send`, `receive`, `pause` or `repeat`"),
            ("send", "line 1: `send` what? write `send {\"action\":\"ping\"}`"),
            (
                "send {{x}}",
                "line 1: `{{x}}` is unknown: write `{{connection}}`, `{{message}}` or `{{connection % 10}}`",
            ),
            ("send {{connection % 0}}", "line 1: `{{connection % 0}}` is unknown"),
            ("send {{x", "line 1: `{{` does not end: write `}}`"),
            ("pause 0s", "line 1: a pause of no time is none"),
            ("pause", "line 1: `` is no time"),
            ("repeat\nsend x\nrepeat", "line 3: a second `repeat`"),
            ("repeat\nsend x", "line 2: nothing after `repeat` waits"),
            ("repeat", "line 1: nothing after `repeat` waits"),
        ] {
            let mistake = Script::parse(text).unwrap_err().to_string();
            assert!(mistake.starts_with(expected), "{text}: {mistake}");
        }
    }

    #[test]
    fn a_message_of_the_command_line_that_is_no_template_is_sent_as_it_stands() {
        let script = Script::closed_loop("{{{");
        let Step::Send(message) = &script.repeated[0] else { panic!() };
        assert_eq!(message.text(1, 1), "{{{");
    }
}
