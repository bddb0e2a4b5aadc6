//! What stands between the parentheses of an attribute: an optional route key, then `name = value` pairs.

use crate::distance::nearest;
use crate::errors::Errors;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Lit, LitBool, LitInt, LitStr, Path, Token, Type, bracketed, token};

/// What an attribute takes.
pub(crate) struct Spec {
    /// Such as `ws_route`.
    pub(crate) attribute: &'static str,
    /// Does a text come first, and what is it?
    pub(crate) key: Option<&'static Key>,
    pub(crate) arguments: &'static [Argument],
}

/// A text that comes first, in words.
pub(crate) struct Key {
    /// Such as `a route key`.
    pub(crate) a_noun: &'static str,
    /// What to say of a second one.
    pub(crate) twice: &'static str,
    /// What people call it.
    pub(crate) synonyms: &'static [&'static str],
}

/// The key of a route.
pub(crate) const ROUTE_KEY: Key = Key {
    a_noun: "a route key",
    twice: "a handler has one route key\nhelp: write a second handler for a second key; both may call one function",
    synonyms: &["key", "route", "route_key"],
};

/// One `name = value`.
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// How to write it: the whole pair.
    pub(crate) example: &'static str,
}

/// The form of a value.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Paths,
    Texts,
    Path,
    Type,
    Text,
    Number,
    Flag,
    /// No value: the name alone.
    Word,
}

enum Value {
    Paths(Vec<Path>),
    Texts(Vec<LitStr>),
    Path(Path),
    Type(Box<Type>),
    Text(LitStr),
    Number(LitInt),
    Flag(LitBool),
    Word,
}

/// What was written. Arguments that were wrong are reported and left out.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) key: Option<LitStr>,
    /// Was the key there, right or wrong?
    pub(crate) has_key: bool,
    values: Vec<(&'static str, Value)>,
}

macro_rules! take {
    ($($take:ident $form:ident $out:ty;)*) => {$(
        pub(crate) fn $take(&mut self, name: &str) -> Option<$out> {
            let at = self.values.iter().position(|(n, v)| *n == name && matches!(v, Value::$form(_)))?;
            match self.values.swap_remove(at).1 {
                Value::$form(value) => Some(value),
                _ => None,
            }
        }
    )*};
}

impl Arguments {
    pub(crate) fn parse(tokens: TokenStream, spec: &Spec, errors: &mut Errors) -> Self {
        let mut found = Arguments::default();
        let parsed = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                found.one(input, spec, errors);
                to_next(input)?;
            }
            Ok(())
        })
        .parse2(tokens);
        errors.keep(parsed);
        found
    }

    take! {
        take_paths Paths Vec<Path>;
        take_texts Texts Vec<LitStr>;
        take_path Path Path;
        take_type Type Box<Type>;
        take_text Text LitStr;
        take_number Number LitInt;
        take_flag Flag LitBool;
    }

    pub(crate) fn has_word(&self, name: &str) -> bool {
        self.values.iter().any(|(n, v)| *n == name && matches!(v, Value::Word))
    }

    fn one(&mut self, input: ParseStream<'_>, spec: &Spec, errors: &mut Errors) {
        if input.peek(Lit) {
            return self.literal(input, spec, errors);
        }
        let Ok(name) = input.call(Ident::parse_any) else {
            return errors.at_span(input.span(), format!("expected an argument's name\n{}", spec.note()));
        };
        let Some(argument) = spec.arguments.iter().find(|argument| name == argument.name) else {
            return errors.at(&name, spec.unknown(&name, input.peek(Token![=])));
        };
        if self.values.iter().any(|(known, _)| *known == argument.name) {
            return errors
                .at(&name, format!("`{name}` stands here twice\nhelp: write it once: {}", argument.example));
        }
        match value(input, argument, &name) {
            Ok(value) => self.values.push((argument.name, value)),
            Err(error) => {
                let text = error.to_string();
                let help = if text.contains("help: ") {
                    String::new()
                } else {
                    format!("\nhelp: write {}", argument.example)
                };
                errors.at_span(error.span(), text + &help);
            }
        }
    }

    fn literal(&mut self, input: ParseStream<'_>, spec: &Spec, errors: &mut Errors) {
        let Some(literal) = errors.keep(input.parse::<Lit>()) else { return };
        let Some(expected) = spec.key else {
            return errors.at(&literal, format!("expected an argument's name\n{}", spec.note()));
        };
        let again = std::mem::replace(&mut self.has_key, true);
        match literal {
            Lit::Str(key) if !again => self.key = Some(key),
            Lit::Str(key) => errors.at(&key, expected.twice),
            other => errors.at(
                &other,
                format!(
                    "{} is a string\nhelp: write `#[{}(\"{}\")]`",
                    expected.a_noun, spec.attribute, expected.synonyms[0]
                ),
            ),
        }
    }
}

impl Spec {
    fn unknown(&self, name: &Ident, has_value: bool) -> String {
        let attribute = self.attribute;
        if let Some(key) = self.key {
            let first = key.synonyms[0];
            if !has_value {
                return format!("{} stands in quotes\nhelp: write `#[{attribute}(\"{name}\")]`", key.a_noun);
            }
            if key.synonyms.iter().any(|synonym| name == synonym) {
                return format!(
                    "`#[{attribute}]` has no argument `{name}`\nhelp: write the {first} alone: `#[{attribute}(\"{first}\")]`"
                );
            }
        }
        let known = self.arguments.iter().map(|argument| argument.name);
        let hint = nearest(&name.to_string(), known).map(|near| format!("\nhelp: did you mean `{near}`?"));
        format!("`#[{attribute}]` has no argument `{name}`{}\n{}", hint.unwrap_or_default(), self.note())
    }

    /// What is possible.
    pub(crate) fn note(&self) -> String {
        let key = self.key.map(|key| format!("{} in quotes", key.a_noun));
        let all: Vec<_> =
            key.into_iter().chain(self.arguments.iter().map(|a| a.example.to_owned())).collect();
        format!("note: possible are {}", all.join(", "))
    }
}

fn value(input: ParseStream<'_>, argument: &Argument, name: &Ident) -> syn::Result<Value> {
    if let Form::Word = argument.form {
        return Ok(Value::Word);
    }
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(name.span(), format!("`{name}` needs a value")));
    }
    input.parse::<Token![=]>()?;
    let at = place(input);
    let parsed = match argument.form {
        Form::Paths if input.peek(token::Bracket) => return list(input).map(Value::Paths),
        Form::Texts if input.peek(token::Bracket) => return texts(input).map(Value::Texts),
        Form::Paths | Form::Texts => Err(input.error("no list")),
        Form::Path => input.call(Path::parse_mod_style).map(Value::Path),
        Form::Type => input.parse().map(Value::Type),
        Form::Text => input.parse().map(Value::Text),
        Form::Number => input.parse().map(Value::Number),
        Form::Flag => input.parse().map(Value::Flag),
        Form::Word => Ok(Value::Word),
    };
    parsed.map_err(|_| syn::Error::new(at, format!("expected {}", argument.form.word())))
}

impl Form {
    fn word(self) -> &'static str {
        match self {
            Form::Paths => "a list of functions in brackets",
            Form::Texts => "a list of strings in brackets",
            Form::Path => "a path",
            Form::Type => "a type",
            Form::Text => "a string",
            Form::Number => "a whole number",
            Form::Flag => "`true` or `false`",
            Form::Word => "nothing",
        }
    }
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Path>> {
    let content;
    bracketed!(content in input);
    // all of it, so that what follows the list is read whatever is wrong inside
    let tokens: TokenStream = content.parse()?;
    (|content: ParseStream<'_>| {
        let mut paths = Vec::new();
        while !content.is_empty() {
            paths.push(entry(content)?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(paths)
    })
    .parse2(tokens)
}

/// A function's name, alone.
fn entry(content: ParseStream<'_>) -> syn::Result<Path> {
    if content.peek(Token![,]) {
        return Err(content.error("a function's name is missing before this comma\nhelp: remove the comma"));
    }
    let at = place(content);
    let path = content
        .call(Path::parse_mod_style)
        .map_err(|_| syn::Error::new(at, "expected a function's name, or its path"))?;
    if content.peek(token::Paren) {
        let name = path.to_token_stream().to_string().replace(' ', "");
        let place = place(content);
        return Err(syn::Error::new(
            place,
            format!(
                "a list names functions, and does not call them\nhelp: write `{name}`, without parentheses"
            ),
        ));
    }
    Ok(path)
}

fn texts(input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    let content;
    bracketed!(content in input);
    // all of it, so that what follows the list is read whatever is wrong inside
    let tokens: TokenStream = content.parse()?;
    let texts = Punctuated::<LitStr, Token![,]>::parse_terminated.parse2(tokens)?;
    Ok(texts.into_iter().collect())
}

/// Where the next token stands, or the end.
fn place(input: ParseStream<'_>) -> Span {
    input.cursor().token_tree().map_or_else(|| input.span(), |(token, _)| token.span())
}

/// Skips what is left of a wrong argument, and the comma.
fn to_next(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    const SPEC: Spec = Spec {
        attribute: "ws_test",
        key: Some(&ROUTE_KEY),
        arguments: &[
            Argument { name: "middleware", form: Form::Paths, example: "`middleware = [a, b]`" },
            Argument { name: "state", form: Form::Type, example: "`state = AppState`" },
            Argument { name: "crate", form: Form::Path, example: "`crate = path`" },
        ],
    };

    fn parse(tokens: TokenStream) -> (Arguments, Vec<String>) {
        let mut errors = Errors::default();
        (Arguments::parse(tokens, &SPEC, &mut errors), errors.messages())
    }

    #[test]
    fn keys_and_pairs_are_read_in_any_order() {
        let (mut found, errors) =
            parse(quote!(state = HashMap<String, u32>, "say", crate = ::renamed, middleware = [a, b::c,],));
        assert_eq!(errors, [""; 0]);
        assert_eq!(found.key.take().map(|key| key.value()).as_deref(), Some("say"));
        assert_eq!(found.take_paths("middleware").map(|paths| paths.len()), Some(2));
        assert!(found.take_type("state").is_some() && found.take_path("crate").is_some());
    }

    #[test]
    fn all_mistakes_are_found_and_the_rest_is_kept() {
        let (mut found, errors) =
            parse(quote!("say", middlewares = [a], state = 7, state, crate = a, crate = b, 5));
        assert!(found.take_path("crate").is_some());
        assert_eq!(errors.len(), 5, "{errors:#?}");
        assert!(errors[0].contains("did you mean `middleware`?"), "{}", errors[0]);
        assert!(errors[1].starts_with("expected a type\nhelp: write `state = AppState`"), "{}", errors[1]);
        assert!(errors[3].starts_with("`crate` stands here twice"), "{}", errors[3]);
    }

    #[test]
    fn a_list_has_names_and_single_commas() {
        let (mut found, errors) = parse(quote!("say", middleware = [a, b::c()], state = u8));
        assert_eq!(
            errors,
            ["a list names functions, and does not call them\nhelp: write `b::c`, without parentheses"]
        );
        assert!(found.take_type("state").is_some());
        assert!(parse(quote!(middleware = [a,, b])).1[0].contains("help: remove the comma"));
        assert!(parse(quote!(middleware = ["a"])).1[0].ends_with("help: write `middleware = [a, b]`"));
    }

    #[test]
    fn a_key_without_quotes_is_told_to_have_them() {
        let (_, errors) = parse(quote!(say));
        assert_eq!(errors, ["a route key stands in quotes\nhelp: write `#[ws_test(\"say\")]`"]);
    }
}
