//! What was written: a struct, its fields, and `#[from_ref(…)]` on both.

use crate::arguments::{Argument, Arguments, Form, Spec};
use crate::errors::Errors;
use crate::krate::Krate;
use crate::signature::keyword;
use proc_macro2::TokenStream;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Generics, Ident, Meta};

const ON_STRUCT: Spec = Spec {
    attribute: "from_ref",
    key: None,
    arguments: &[Argument { name: "crate", form: Form::Path, example: "`crate = path`" }],
};

const ON_FIELD: Spec = Spec {
    attribute: "from_ref",
    key: None,
    arguments: &[Argument { name: "skip", form: Form::Word, example: "`skip`" }],
};

pub(super) struct StateType {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    pub(super) fields: Vec<StateField>,
    pub(super) krate: Krate,
}

pub(super) struct StateField {
    pub(super) field: Field,
    pub(super) skip: bool,
}

impl StateType {
    pub(super) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let place = keyword(&item);
        let input: DeriveInput = errors.keep(syn::parse2(item))?;
        let Data::Struct(data) = input.data else {
            errors.at_span(place, "`FromRef` makes parts of the fields of a struct, and this is none\nhelp: write `struct AppState { … }`, or implement `FromRef` by hand");
            return None;
        };
        let mut on_struct = arguments(&input.attrs, &ON_STRUCT, errors);
        let fields = match data.fields {
            Fields::Named(fields) => fields.named,
            Fields::Unnamed(fields) => fields.unnamed,
            Fields::Unit => Default::default(),
        };
        let fields = fields.into_iter().map(|field| StateField {
            skip: arguments(&field.attrs, &ON_FIELD, errors).has_word("skip"),
            field,
        });
        Some(StateType {
            fields: fields.collect(),
            name: input.ident,
            generics: input.generics,
            krate: Krate::new(on_struct.take_path("crate").as_ref()),
        })
    }
}

/// What all `#[from_ref(…)]` of an item say.
fn arguments(attributes: &[Attribute], spec: &Spec, errors: &mut Errors) -> Arguments {
    let mut tokens = TokenStream::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("from_ref")) {
        match &attribute.meta {
            Meta::List(list) => tokens.extend([list.tokens.clone(), quote::quote!(,)]),
            other => errors.at(other, format!("`#[from_ref]` says nothing by itself\n{}", spec.note())),
        }
    }
    Arguments::parse(tokens, spec, errors)
}
