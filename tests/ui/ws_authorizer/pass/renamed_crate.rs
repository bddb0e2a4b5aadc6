mod renamed {
    pub use lift_ws::*;
}

use ::lift_ws::prelude::*;

#[ws_authorizer(identity_sources = ["route.request.header.Authorization"], crate = renamed)]
async fn authorize(headers: Headers<'_>) -> Result<Allow, Deny> {
    headers.get("authorization").map(|_| Allow::new(&Default::default())).ok_or(Deny)
}

#[ws_app(authorizer = authorize, crate = renamed)]
struct Door;

fn main() {
    assert!(Door::AUTHORIZER.is_some());
}
