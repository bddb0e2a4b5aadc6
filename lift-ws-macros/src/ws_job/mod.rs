//! `#[ws_job]`, `#[ws_job("name", crate = path)]`

mod expand;
mod parse;
mod validate;

use crate::errors::Errors;
use crate::fallback;
use crate::signature::{Function, Role};
use parse::JobAttribute;
use proc_macro2::TokenStream;
use quote::quote;

const ROLE: Role =
    Role { attribute: "ws_job", noun: "job", a_noun: "a job", arguments: "`Job<T>` or `State<T>`" };

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let (added, errors) = added(attribute, &item);
    quote!(#item #added #errors)
}

/// What stands beside the function, and the mistakes.
fn added(attribute: TokenStream, item: &TokenStream) -> (TokenStream, Errors) {
    let mut errors = Errors::default();
    let attribute = JobAttribute::parse(attribute, &mut errors);
    let Some(function) = Function::read(item, ROLE, &mut errors) else {
        return (TokenStream::new(), errors);
    };
    let krate = attribute.krate.clone();
    let payload = validate::payload(&function, &mut errors);
    let added = match validate::Job::new(attribute, function.clone(), payload.clone(), &mut errors) {
        Some(job) if errors.is_empty() => expand::tokens(&job),
        _ => fallback::job(&function, payload.as_ref(), &krate),
    };
    (added, errors)
}
