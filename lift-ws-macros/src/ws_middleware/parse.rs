//! What was written in the attribute.

use crate::arguments::{Argument, Arguments, Form, Spec};
use crate::errors::Errors;
use crate::krate::Krate;
use proc_macro2::TokenStream;

const SPEC: Spec = Spec {
    attribute: "ws_middleware",
    key: None,
    arguments: &[Argument { name: "crate", form: Form::Path, example: "`crate = path`" }],
};

pub(super) struct MiddlewareAttribute {
    pub(super) krate: Krate,
}

impl MiddlewareAttribute {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Arguments::parse(tokens, &SPEC, errors);
        MiddlewareAttribute { krate: Krate::new(arguments.take_path("crate").as_ref()) }
    }
}
