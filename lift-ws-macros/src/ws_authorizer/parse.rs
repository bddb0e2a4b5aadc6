//! What was written in the attribute.

use crate::arguments::{Argument, Arguments, Form, Spec};
use crate::errors::Errors;
use crate::krate::Krate;
use proc_macro2::TokenStream;
use syn::LitStr;

const SPEC: Spec = Spec {
    attribute: "ws_authorizer",
    key: None,
    arguments: &[
        Argument {
            name: "identity_sources",
            form: Form::Texts,
            example: "`identity_sources = [\"route.request.header.Authorization\"]`",
        },
        Argument { name: "crate", form: Form::Path, example: "`crate = path`" },
    ],
};

pub(super) struct AuthorizerAttribute {
    pub(super) identity_sources: Vec<LitStr>,
    pub(super) krate: Krate,
}

impl AuthorizerAttribute {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Arguments::parse(tokens, &SPEC, errors);
        AuthorizerAttribute {
            identity_sources: arguments.take_texts("identity_sources").unwrap_or_default(),
            krate: Krate::new(arguments.take_path("crate").as_ref()),
        }
    }
}
