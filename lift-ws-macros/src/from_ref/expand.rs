//! From parts to tokens: one implementation for each field.

use super::validate::{Part, Parts};
use crate::signature::at;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

pub(super) fn tokens(parts: &Parts) -> TokenStream {
    let name = &parts.name;
    let each = parts.parts.iter().map(|Part { member, ty, cfgs }| {
        let krate = parts.krate.private_at(at(ty));
        quote_spanned! {at(ty)=>
            #(#cfgs)*
            impl #krate::FromRef<#name> for #ty {
                fn from_ref(__state: &#name) -> Self {
                    ::core::clone::Clone::clone(&__state.#member)
                }
            }
        }
    });
    quote!(#(#each)*)
}
