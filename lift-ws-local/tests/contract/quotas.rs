//! Contract §6.1: what an API may have.

use serde_json::{Value, json};

use crate::support::World;

fn routes(count: usize) -> Value {
    json!({ "routes": (0..count).map(|index| json!({ "routeKey": format!("r{index}") })).collect::<Vec<_>>() })
}

// §6.1: "routes / integrations / stages per API | 300 / 300 / 10 | yes"
#[test]
fn an_api_has_at_most_300_routes_unless_the_quota_is_raised() {
    World::with_manifest(routes(300));
    assert_eq!(
        World::problem(routes(301)),
        "the manifest has 301 routes, and an API may have 300: take several messages in one route, split the API, or write \
         \"maxRoutes\": 301 once AWS has raised your quota"
    );
    let mut raised = routes(301);
    raised["maxRoutes"] = 301.into();
    World::with_manifest(raised);
}

// §6.1: "mapping template / access-log template | 300 KB / 3 KB | no"; §3.3: proxy integrations have no templates
#[test]
fn a_proxy_has_no_mapping_template_and_an_access_log_template_at_most_3_kb() {
    let mapped =
        |templates: Value| json!({ "routes": [{ "routeKey": "say", "requestTemplates": templates }] });
    World::with_manifest(mapped(json!({})));
    assert!(
        World::problem(mapped(json!({ "$default": "$input.body" })))
            .ends_with("but a Lambda proxy integration passes messages as they are: remove them")
    );
    let logged = |bytes: usize| json!({ "accessLogSettings": { "format": "x".repeat(bytes) } });
    World::with_manifest(logged(3072));
    assert!(World::problem(logged(3073)).contains("has 3073 bytes, above the limit of 3072"));
}

// §6.1: "concurrent connections | no quota"
#[test]
fn connections_at_a_time_have_no_quota() {
    let mut world = World::with_routes(&["say"]);
    let connections: Vec<_> = (0..20_000).map(|_| world.connect()).collect();
    for connection in [&connections[0], &connections[19_999]] {
        world.message(connection, r#"{"action":"say"}"#);
        assert!(world.invoked().is_some());
    }
}

// §3.5, §6.1: "Integration timeout 50 ms - 29 s, … not raisable for WebSocket APIs"
#[test]
fn an_integration_timeout_is_50_ms_to_29_s() {
    for millis in [50, 29_000] {
        World::with_manifest(json!({ "timeoutInMillis": millis }));
        World::with_manifest(json!({ "routes": [{ "routeKey": "say", "timeoutInMillis": millis }] }));
    }
    for millis in [0, 49, 29_001] {
        assert_eq!(
            World::problem(json!({ "timeoutInMillis": millis })),
            format!("`timeoutInMillis` of the manifest is {millis}: write a number from 50 to 29000")
        );
        assert_eq!(
            World::problem(json!({ "routes": [{ "routeKey": "say", "timeoutInMillis": millis }] })),
            format!(
                "`timeoutInMillis` of route 1 of the manifest, `say`, is {millis}: write a number from 50 to 29000"
            )
        );
    }
}
