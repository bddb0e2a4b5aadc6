//! What was written in the attribute.

use crate::arguments::{Argument, Arguments, Form, ROUTE_KEY, Spec};
use crate::errors::Errors;
use crate::krate::Krate;
use proc_macro2::{Span, TokenStream};
use syn::{LitStr, Path};

const SPEC: Spec = Spec {
    attribute: "ws_route",
    key: Some(&ROUTE_KEY),
    arguments: &[
        Argument { name: "middleware", form: Form::Paths, example: "`middleware = [a, b]`" },
        Argument { name: "crate", form: Form::Path, example: "`crate = path`" },
    ],
};

pub(super) struct RouteAttribute {
    pub(super) key: Option<LitStr>,
    pub(super) middleware: Vec<Path>,
    pub(super) krate: Krate,
}

impl RouteAttribute {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let missing = tokens.is_empty();
        let mut arguments = Arguments::parse(tokens, &SPEC, errors);
        if missing || (!arguments.has_key && errors.is_empty()) {
            errors.at_span(Span::call_site(), "a route key is missing\nhelp: write `#[ws_route(\"key\")]`");
        }
        RouteAttribute {
            key: arguments.key.take(),
            middleware: arguments.take_paths("middleware").unwrap_or_default(),
            krate: Krate::new(arguments.take_path("crate").as_ref()),
        }
    }
}
