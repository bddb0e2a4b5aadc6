//! What is legal: fields of different types, found by their type.

use super::parse::StateType;
use crate::errors::Errors;
use crate::krate::Krate;
use quote::ToTokens;
use std::collections::HashSet;
use syn::{Attribute, Ident, Member, Type};

pub(super) struct Parts {
    pub(super) name: Ident,
    pub(super) parts: Vec<Part>,
    pub(super) krate: Krate,
}

pub(super) struct Part {
    pub(super) member: Member,
    pub(super) ty: Type,
    pub(super) cfgs: Vec<Attribute>,
}

impl Parts {
    pub(super) fn new(state: StateType, errors: &mut Errors) -> Self {
        let StateType { name, generics, fields, krate } = state;
        if let Some(parameter) = generics.params.first() {
            errors.at(parameter, "a state cannot have generic parameters: an app has one state type\nhelp: name the types, or put what is generic behind `Arc<dyn Trait>`");
            return Parts { name, parts: Vec::new(), krate };
        }
        let mut seen = HashSet::new();
        let mut parts = Vec::new();
        for (i, state_field) in fields.into_iter().enumerate().filter(|(_, field)| !field.skip) {
            let field = state_field.field;
            let cfgs: Vec<_> =
                field.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
            let written = field.ty.to_token_stream().to_string();
            if cfgs.is_empty() && !seen.insert(written.clone()) {
                let written = written.replace(' ', "");
                errors.at(&field.ty, format!("two fields of type `{written}`: a part is found by its type\nhelp: wrap one in a type of your own, or leave it out with `#[from_ref(skip)]`"));
                continue;
            }
            let member = field.ident.clone().map_or_else(|| Member::from(i), Member::from);
            parts.push(Part { member, ty: field.ty, cfgs });
        }
        Parts { name, parts, krate }
    }
}
