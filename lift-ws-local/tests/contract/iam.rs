//! Contract §4: `AWS_IAM` on `$connect`; §5.2: the permission to manage connections.

use std::time::Duration;

use lift_ws_local::core::{EventType, HandshakeRequest, Verdict};
use serde_json::{Value, json};

use crate::events::three_events;
use crate::signed::by_botocore;
use crate::support::{World, keys};

const CONNECTION: &str = "AbCdEdXyZ_wCQr0=";

/// An API whose `$connect` is authorized by IAM, and that knows the user Ann beside the function.
fn guarded(policy: &Value) -> World {
    World::with_manifest(json!({
        "routes": [
            { "routeKey": "$connect", "authorizationType": "AWS_IAM" },
            { "routeKey": "$disconnect" },
            { "routeKey": "say" },
        ],
        "callers": [{
            "accessKeyId": "AKIDEXAMPLE",
            "secretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "userId": "AIDAEXAMPLE",
            "userArn": "arn:aws:iam::000000000000:user/ann",
            "policy": policy,
        }],
    }))
}

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": resource } })
}

/// Why a handshake is refused with 403.
fn reason(mut world: World, request: HandshakeRequest) -> String {
    world.handshake(request);
    assert!(world.invoked().is_none(), "the function is not asked");
    let (status, body) = world.refused().expect("refused");
    assert_eq!((status, body.starts_with(r#"{"message": "Forbidden", "#)), (403, true), "{body}");
    let finished = world.finished();
    assert_eq!((finished.event_type, finished.route_key.as_str()), (EventType::Connect, "$connect"));
    match finished.verdict {
        Verdict::Refused { status: 403, reason } => reason,
        other => panic!("not refused: {other:?}"),
    }
}

fn any() -> Value {
    allow("*", "*")
}

// §4: "IAM: SigV4 with service `execute-api`"; "Browsers sign by query string"
#[test]
fn a_handshake_that_is_signed_by_header_or_query_goes_on_to_connect() {
    for name in
        ["header", "header with a query and more headers", "query", "query of a week", "header of a user"]
    {
        let mut world = guarded(&any());
        world.handshake(by_botocore(name).handshake());
        assert_eq!(world.route().as_deref(), Some("$connect"), "{name}: {:?}", world.actions);
        world.returns(r#"{"statusCode":200}"#);
        assert!(world.accepted().is_some(), "{name}");
    }
}

// §4: "IAM: SigV4": what is not signed, or not as it arrives, is refused.
#[test]
fn a_handshake_that_is_not_signed_or_changed_on_the_way_is_403() {
    let unsigned = reason(guarded(&any()), HandshakeRequest::get("/prod"));
    assert!(
        unsigned.contains("it is not signed: sign it with SigV4 for the service execute-api"),
        "{unsigned}"
    );

    type Change = fn(&mut HandshakeRequest);
    let cases: [(&str, Change, &str); 9] = [
        ("header", |request| request.query = "room=blue".into(), "its signature does not match"),
        ("header", |request| request.path = "/prod/".into(), "its signature does not match"),
        (
            "query",
            |request| request.query = request.query.replace("a=1", "a=2"),
            "its signature does not match",
        ),
        (
            "query",
            |request| request.query = request.query.replace("Expires=60", "Expires=600"),
            "does not match",
        ),
        ("query", |request| request.query = request.query.replace("Expires=60", "Expires=604801"), "604800"),
        ("header", |request| request.headers[0].1 = "127.0.0.1:9001".into(), "such as the host"),
        (
            "header",
            |request| request.headers[2].1 = "stolen".into(),
            "its session token is not that of `local`",
        ),
        ("header", |request| drop(request.headers.remove(1)), "it has no header `X-Amz-Date`"),
        (
            "header of a user",
            |request| request.headers[2].1 = request.headers[2].1.replace("AKIDEXAMPLE", "AKIDOTHER"),
            "its access key `AKIDOTHER` is not known here: take `local`, or write it into `callers`",
        ),
    ];
    for (name, change, expected) in cases {
        let mut request = by_botocore(name).handshake();
        change(&mut request);
        let reason = reason(guarded(&any()), request);
        assert!(reason.contains(expected), "{name}: {reason}");
    }
}

#[test]
fn a_signature_for_something_else_is_403() {
    let scoped = |from: &str, to: &str| {
        let mut request = by_botocore("header").handshake();
        request.headers[3].1 = request.headers[3].1.replace(from, to);
        reason(guarded(&any()), request)
    };
    let expected = "not to `20260505/us-east-1/execute-api/aws4_request`";
    assert!(scoped("execute-api", "s3").contains(expected));
    assert!(scoped("us-east-1", "eu-west-1").contains(expected));
    assert!(scoped("20260505", "20260506").contains(expected));
    assert!(scoped("host;", "").contains("it does not sign the header `host`"));
    assert!(scoped("host;", "host;x-lost;").contains("it signs the header `x-lost`, which it lacks"));
    assert!(scoped("AWS4-HMAC-SHA256", "Bearer").contains("`Authorization` does not begin with"));
    assert!(scoped("Signature=", "Sign=").contains("`Authorization` has no `Signature`"));
}

// SigV4: a header is good for five minutes, a query for as long as it says.
#[test]
fn a_signature_ends() {
    for (name, seconds) in [("header", 299), ("query", 59), ("query of a week", 604_799)] {
        let mut world = guarded(&any());
        world.wait(Duration::from_secs(seconds));
        world.handshake(by_botocore(name).handshake());
        assert!(world.invoked().is_some(), "{name}");
        let mut world = guarded(&any());
        world.wait(Duration::from_secs(seconds + 1));
        let reason = reason(world, by_botocore(name).handshake());
        assert!(reason.contains(" ended at "), "{name}: {reason}");
    }
    let mut early = guarded(&any());
    early.now -= 5 * 60 * 1000 + 1000;
    let reason = reason(early, by_botocore("header").handshake());
    assert!(reason.ends_with("set the clock"), "{reason}");
}

// §4: "action `execute-api:Invoke` on `arn:…:{apiId}/{stage}/{routeKey}`"
#[test]
fn the_callers_policy_must_allow_to_invoke_the_route() {
    let arn = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/$connect";
    for policy in
        [allow("execute-api:Invoke", arn), allow("execute-api:*", "arn:aws:execute-api:*:*:a1b2c3d4e5/*")]
    {
        let mut world = guarded(&policy);
        world.handshake(by_botocore("header of a user").handshake());
        assert!(world.invoked().is_some());
    }
    for policy in [
        allow("execute-api:ManageConnections", arn),
        allow("execute-api:Invoke", "arn:aws:execute-api:*:*:a1b2c3d4e5/prod/$default"),
        json!({ "Statement": [] }),
    ] {
        let reason = reason(guarded(&policy), by_botocore("header of a user").handshake());
        let expected = format!(
            "`arn:aws:iam::000000000000:user/ann` may not: no statement of the policy allows `execute-api:Invoke` on `{arn}`"
        );
        assert!(reason.ends_with(&expected), "{reason}");
    }
    let mut denied = allow("*", "*");
    denied["Statement"] = json!([denied["Statement"], { "Effect": "Deny", "Action": "*", "Resource": "*" }]);
    assert!(
        reason(guarded(&denied), by_botocore("header of a user").handshake())
            .contains("statement 2 of the policy denies")
    );
}

// §2.1: "`.identity.accountId/caller/user/userArn/accessKey/…` | with IAM auth (only non-null ones)"
#[test]
fn the_identity_names_who_signed() {
    let mut world = guarded(&any());
    for event in three_events(&mut world, by_botocore("header of a user").handshake()) {
        let identity = &event["requestContext"]["identity"];
        assert_eq!(identity["accountId"], "000000000000");
        assert_eq!(identity["caller"], "AIDAEXAMPLE");
        assert_eq!(identity["user"], "AIDAEXAMPLE");
        assert_eq!(identity["userArn"], "arn:aws:iam::000000000000:user/ann");
        assert_eq!(identity["accessKey"], "AKIDEXAMPLE");
        assert_eq!(keys(identity), ["accessKey", "accountId", "caller", "sourceIp", "user", "userArn"]);
    }
}

// §4: "Evaluated only at `$connect`"
#[test]
fn messages_need_no_signature() {
    let mut world = guarded(&any());
    let connection = world.connect_with(by_botocore("header").handshake());
    world.wait(Duration::from_secs(500));
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(world.route().as_deref(), Some("say"));
}

// §4: "`NONE`, `AWS_IAM`, `CUSTOM` (Lambda). JWT authorizers are HTTP-API only"
#[test]
fn there_are_three_authorization_types_and_jwt_is_none() {
    let problem = |route: Value| World::problem(json!({ "routes": [route] }));
    let connect = |kind: &str| json!({ "routeKey": "$connect", "authorizationType": kind });
    World::with_manifest(json!({ "routes": [connect("NONE")] })).connect();
    World::with_manifest(json!({ "routes": [connect("CUSTOM")], "authorizer": {} }));
    assert_eq!(
        problem(connect("JWT")),
        "route 1 of the manifest, `$connect`, has the authorization type JWT, which is for HTTP APIs alone: write \
         \"CUSTOM\" and check the token in the authorizer"
    );
    assert!(problem(connect("iam")).ends_with("write \"NONE\", \"AWS_IAM\" or \"CUSTOM\""));
    assert!(
        problem(connect("CUSTOM")).ends_with("and the manifest has no authorizer: add \"authorizer\": {}")
    );
    let both = json!({ "routes": [connect("AWS_IAM")], "authorizer": {} });
    assert!(World::problem(both).ends_with("write \"CUSTOM\", or remove \"authorizer\""));
    let message = json!({ "routeKey": "say", "authorizationType": "AWS_IAM" });
    assert!(problem(message).ends_with("write \"authorizationType\" there"));
}

/// A gateway with this connection, which asks for signatures of `@connections` if so wanted, and gives the function this
/// policy.
fn managed(checks: bool, policy: &Value) -> World {
    World::with_manifest(json!({
        "readings": { "managementSignatures": checks },
        "callers": [{
            "accessKeyId": "local", "secretAccessKey": "local", "sessionToken": "local",
            "userArn": "arn:aws:sts::000000000000:assumed-role/chat/function", "policy": policy,
        }],
    }))
}

// §5.2: "IAM action `execute-api:ManageConnections`, resource `arn:…:{apiId}/{stage}/{POST|GET|DELETE}/@connections/{id or *}`"
#[test]
fn the_functions_policy_must_allow_to_manage_connections() {
    let arn = |method: &str| {
        format!("arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/{method}/@connections/*")
    };
    for checks in [false, true] {
        for (policy, expected) in [
            (any(), 410),
            (allow("execute-api:ManageConnections", &arn("POST")), 410),
            (allow("execute-api:ManageConnections", &arn("GET")), 403),
            (allow("execute-api:Invoke", "*"), 403),
        ] {
            let mut world = managed(checks, &policy);
            let answered = world.manage_by(by_botocore("post").management());
            assert_eq!(answered.status, expected, "{policy}");
            if expected == 403 {
                assert_eq!(answered.error_type, Some("AccessDeniedException"));
                let what = format!("POST/@connections/{CONNECTION}`");
                assert!(answered.body.contains("`execute-api:ManageConnections` on `arn:aws:execute-api:"));
                assert!(answered.body.contains(&what), "{}", answered.body);
            }
        }
    }
}

// §5.2: "CloudFront in front breaks signing (host mismatch): use the execute-api host for callbacks"
#[test]
fn a_call_through_cloudfront_has_the_signature_of_another_host() {
    let arrived = || {
        let mut request = by_botocore("post through CloudFront").management();
        // CloudFront calls its origin by the origin's own name.
        request.headers.insert("host", "127.0.0.1:9000".parse().unwrap());
        request
    };
    let answered = managed(true, &any()).manage_by(arrived());
    assert_eq!((answered.status, answered.error_type), (403, Some("InvalidSignatureException")));
    assert!(answered.body.contains("such as the host"), "{}", answered.body);
    assert_eq!(managed(true, &any()).manage_by(by_botocore("post").management()).status, 410);
    // By default any signature is taken (§9).
    assert_eq!(managed(false, &any()).manage_by(arrived()).status, 410);
}

// Any byte of the message is signed.
#[test]
fn a_post_that_was_changed_on_the_way_is_403_where_signatures_are_checked() {
    let mut request = by_botocore("post").management();
    request.body = r#"{"text":"hullo"}"#.into();
    let answered = managed(true, &any()).manage_by(request);
    assert_eq!((answered.status, answered.error_type), (403, Some("InvalidSignatureException")));
}
