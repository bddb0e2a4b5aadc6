//! Reading an expression into its parts.

use super::path::{Path, Step};
use super::{Part, RouteSelectionError};

const NO_SUCH_VARIABLE: &str =
    r"messages have no such variable: write $request.body.action, or \$ for a literal $";

/// The parts of an expression, neighbouring literals joined.
pub(super) fn parts(expression: &str) -> Result<Vec<Part>, RouteSelectionError> {
    let mut scanner = Scanner { expression, rest: expression };
    if expression.is_empty() {
        return Err(scanner.error("the expression is empty: write $request.body.action"));
    }
    let mut parts = Vec::new();
    let mut literal = String::new();
    while let Some(next) = scanner.peek() {
        if scanner.eat(r"\$") {
            literal.push('$');
        } else if scanner.eat("$") {
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Body(scanner.variable()?));
        } else {
            literal.push(next);
            scanner.skip(next);
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

struct Scanner<'a> {
    expression: &'a str,
    rest: &'a str,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn skip(&mut self, character: char) {
        self.rest = &self.rest[character.len_utf8()..];
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn error(&self, problem: &'static str) -> RouteSelectionError {
        let read = &self.expression[..self.expression.len() - self.rest.len()];
        RouteSelectionError { expression: self.expression.to_owned(), offset: read.chars().count(), problem }
    }

    /// What follows a `$`.
    fn variable(&mut self) -> Result<Path, RouteSelectionError> {
        let braced = self.eat("{");
        let start = self.rest;
        if !self.eat("request.body") || self.peek().is_some_and(is_name_character) {
            self.rest = start;
            return Err(self.error(NO_SUCH_VARIABLE));
        }
        let path = self.path(braced)?;
        if braced && !self.eat("}") {
            return Err(self.error("the variable does not end: write } here"));
        }
        Ok(path)
    }

    fn path(&mut self, braced: bool) -> Result<Path, RouteSelectionError> {
        let mut steps = Vec::new();
        loop {
            if self.eat("[") {
                steps.push(self.bracketed()?);
            } else if self.rest.starts_with('.') {
                match self.dotted(braced)? {
                    Some(step) => steps.push(step),
                    None => break,
                }
            } else {
                break;
            }
        }
        Ok(Path { steps })
    }

    /// `.name` or `.*`; nothing if this dot is literal text behind an unbraced variable.
    fn dotted(&mut self, braced: bool) -> Result<Option<Step>, RouteSelectionError> {
        let dot = self.rest;
        self.skip('.');
        if self.eat("*") {
            return Ok(Some(Step::Every));
        }
        let is_part = |character: char| {
            if braced { !matches!(character, '.' | '[' | '}') } else { is_name_character(character) }
        };
        let end = self.rest.find(|character| !is_part(character)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if !name.is_empty() {
            self.rest = rest;
            return Ok(Some(Step::Name(name.to_owned())));
        }
        if self.rest.starts_with('.') {
            return Err(
                self.error("descents are not supported: write the whole path, as in $request.body.a.b")
            );
        }
        if braced {
            return Err(self.error("a name is missing here, as in ${request.body.action}"));
        }
        self.rest = dot;
        Ok(None)
    }

    /// What follows a `[`.
    fn bracketed(&mut self) -> Result<Step, RouteSelectionError> {
        let step = if self.eat("*") {
            Step::Every
        } else if self.eat("'") {
            Step::Name(self.quoted('\'')?)
        } else if self.eat("\"") {
            Step::Name(self.quoted('"')?)
        } else {
            Step::Index(self.index()?)
        };
        if !self.eat("]") {
            return Err(
                self.error("the bracket does not end: write ] here (slices and lists are not supported)")
            );
        }
        Ok(step)
    }

    fn quoted(&mut self, quote: char) -> Result<String, RouteSelectionError> {
        let mut name = String::new();
        while let Some(next) = self.peek() {
            self.skip(next);
            match next {
                '\\' => {
                    if let Some(escaped) = self.peek() {
                        self.skip(escaped);
                        name.push(escaped);
                    }
                }
                _ if next == quote => return Ok(name),
                _ => name.push(next),
            }
        }
        Err(self.error("the quoted name does not end: write the closing quote here"))
    }

    fn index(&mut self) -> Result<i64, RouteSelectionError> {
        let signed = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let digits = signed.find(|character: char| !character.is_ascii_digit()).unwrap_or(signed.len());
        let (index, rest) = self.rest.split_at(self.rest.len() - signed.len() + digits);
        match index.parse() {
            Ok(index) => {
                self.rest = rest;
                Ok(index)
            }
            Err(_) => Err(self.error("write an index, a quoted name or * here (filters are not supported)")),
        }
    }
}

fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-')
}
