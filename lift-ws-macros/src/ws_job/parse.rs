//! What was written in the attribute.

use crate::arguments::{Argument, Arguments, Form, Key, Spec};
use crate::errors::Errors;
use crate::krate::Krate;
use proc_macro2::TokenStream;
use syn::LitStr;

const NAME: Key = Key {
    a_noun: "a job's name",
    twice: "a job has one name\nhelp: write a second job for a second name; both may call one function",
    synonyms: &["name", "key", "queue"],
};

const SPEC: Spec = Spec {
    attribute: "ws_job",
    key: Some(&NAME),
    arguments: &[Argument { name: "crate", form: Form::Path, example: "`crate = path`" }],
};

pub(super) struct JobAttribute {
    pub(super) name: Option<LitStr>,
    pub(super) krate: Krate,
}

impl JobAttribute {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Arguments::parse(tokens, &SPEC, errors);
        JobAttribute { name: arguments.key.take(), krate: Krate::new(arguments.take_path("crate").as_ref()) }
    }
}
