//! Any expression over any message: parsed or refused, evaluated without a panic, in one pass.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_ws_local::core::{Manifest, RouteSelection};

fuzz_target!(|texts: (String, String)| {
    let (expression, body) = texts;
    if let Ok(selection) = RouteSelection::parse(&expression) {
        let _ = selection.evaluate(&body);
    }
    let _ = Manifest::parse(&body);
});
