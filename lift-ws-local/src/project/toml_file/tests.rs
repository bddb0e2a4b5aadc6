//! Files as people write them, and their mistakes.

use std::time::Duration;

use crate::project::{Project, api_id};

const WHOLE: &str = r#"
    [functions.chat]
    command = ["python3", "-u", "chat.py"]
    env = { GREETING = "hello", ORDERS = "${queues.orders}" }
    timeout = 10
    environments = 2

    [functions.worker]
    command = ["bin/worker"]
    concurrency = 8

    [apis.news]
    apiId = "abc123"
    port = 3100
    function = "chat"
    routes."$default" = { twoWay = true }

    [apis.main]
    routeSelectionExpression = "$request.body.type"
    stages.dev = {}
    stages.prod.variables = { tier = "gold" }
    authorizer = { function = "worker", identitySources = ["route.request.header.Auth"] }
    queue = { function = "worker", batchSize = 3 }

    [apis.main.routes]
    "$connect" = "chat"
    say = "chat"
    history = { function = "worker", twoWay = true }

    [domains."ws.example.org"]
    v1 = "main/prod"
    news = "news/dev"

    [domains]
    "news.localhost" = "news/dev"

    [queues.orders]
    function = "worker"
    deadLetters = "dead-orders"
    batchSize = 5

    [[tables]]
    TableName = "connections-of-chat"
"#;

#[test]
fn everything_that_a_project_may_have_is_read() {
    let project = Project::from_toml(WHOLE, "/app").unwrap();
    let [chat, worker] = &project.functions[..] else { panic!("{project:?}") };
    assert_eq!((chat.timeout, chat.environments), (Some(Duration::from_secs(10)), Some(2)));
    assert_eq!(chat.function.name(), "chat");
    assert_eq!(worker.function.concurrency(), 8);
    let [news, main] = &project.apis[..] else { panic!("{project:?}") };
    assert_eq!(
        (news.api_id.as_str(), news.port, news.stages[0].name.as_str()),
        ("abc123", Some(3100), "dev")
    );
    assert!(news.manifest.routes[0].two_way && news.function.as_deref() == Some("chat"));
    assert_eq!(main.api_id, api_id("main"));
    assert_eq!(main.manifest.route_selection_expression, "$request.body.type");
    assert_eq!(main.stages[1].variables["tier"], "gold");
    assert_eq!(main.routes["history"], "worker");
    assert_eq!(main.manifest.routes.iter().filter(|route| route.two_way).count(), 1);
    assert_eq!((main.authorizer.as_deref(), main.queue.as_deref()), (Some("worker"), Some("worker")));
    assert_eq!(main.manifest.queue.as_ref().unwrap().batch_size, 3);
    assert_eq!(project.domains[0].mappings[0].path, "v1");
    assert_eq!(
        (project.domains[1].name.as_str(), project.domains[1].mappings[0].path.as_str()),
        ("news.localhost", "")
    );
    assert_eq!(project.queues[0].dead_letters.as_deref(), Some("dead-orders"));
    assert_eq!(project.queues[0].settings.batch_size, 5);
    assert_eq!(project.tables[0]["TableName"], "connections-of-chat");
}

#[test]
fn variables_may_name_queues_of_dead_letters_and_of_jobs_and_what_is_for_the_program() {
    for value in [
        "${queues.dead-orders}",
        "${queues.lift-ws-jobs}",
        "${HOME}/a.b}",
        "${",
        "a.b ${ c} ${queues.orders}",
    ] {
        let text = WHOLE.replace("\"hello\"", &format!("\"{value}\""));
        Project::from_toml(&text, ".").unwrap();
    }
}

#[test]
fn an_api_without_routes_takes_those_of_the_app() {
    let project = Project::from_toml("functions.chat.package = \"chat\"\napis.main = {}", ".").unwrap();
    assert!(project.apis[0].describes_itself);
    assert_eq!(project.functions[0].package.as_ref().unwrap().name.as_deref(), Some("chat"));
}

#[test]
fn what_an_app_describes_is_not_said_beside_it() {
    let read = |more: &str| {
        Project::from_toml(&format!("functions.chat.package = \"chat\"\n[apis.main]\n{more}"), ".")
    };
    for (setting, line) in [
        ("timeoutInMillis = 5000", "line 3, `apis.main.timeoutInMillis`: this has no effect: "),
        ("stages = [\"dev\"]\ncallers = []", "line 4, `apis.main.callers`: this has no effect: "),
        ("queue = { batchSize = 5 }", "line 3, `apis.main.queue`: this has no effect: "),
    ] {
        let problem = read(setting).unwrap_err().to_string();
        assert!(problem.contains(line), "{problem}");
    }
    read("port = 0\nauthorizer.function = \"chat\"").unwrap();
}

/// The smallest project, with this in it.
fn problem(more: &str) -> String {
    let text = format!("[functions.f]\ncommand = [\"f\"]\n{more}");
    Project::from_toml(&text, ".").unwrap_err().to_string()
}

#[test]
fn each_mistake_has_its_line_and_says_what_to_write() {
    for (text, expected) in [
        ("x = ", "line 3: this is no TOML"),
        ("[apis.a]", "line 3, `apis.a`: this API has no routes: write them under [apis.a.routes]"),
        ("colour = 1", "line 3, `functions.f.colour`: there is no such setting; there is `command`"),
        ("[api.main]", "line 3, `api`: there is no such setting: did you mean `apis`?"),
        ("[thing]", "line 3, `thing`: there is no such setting; there is `functions`, `apis`"),
        (
            "[apis.a]\nrouteSelectionExpresion = \"$request.body.do\"",
            "line 4, `apis.a.routeSelectionExpresion`: there is no such setting: did you mean `routeSelectionExpression`?",
        ),
        (
            "[apis.a]\ncolour = 1",
            "line 4, `apis.a.colour`: there is no such setting; there is `apiId`, `port`",
        ),
        (
            "[apis.a.routes]\nx = \"f\"\nsay = { two_way = true }",
            "line 5, `apis.a.routes.say.two_way`: there is no such setting: did you mean `twoWay`?",
        ),
        (
            "[apis.a]\nauthorizer = { funtion = \"f\" }\nroutes.x = \"f\"",
            "line 4, `apis.a.authorizer.funtion`: there is no such setting: did you mean `function`?",
        ),
        (
            "[apis.a]\nqueue = { batch_size = 1 }\nroutes.x = \"f\"",
            "line 4, `apis.a.queue.batch_size`: there is no such setting: did you mean `batchSize`?",
        ),
        (
            "[apis.a]\nroutes.x = \"f\"\ndefaultRouteSettings = { throttlingBurstLimits = 1 }",
            "line 5, `apis.a.defaultRouteSettings.throttlingBurstLimits`: `defaultRouteSettings` of `apis.a` has \
             `throttlingBurstLimits`, and there is no such key: did you mean `throttlingBurstLimit`?",
        ),
        ("", "the file: there is no WebSocket API: describe one under [apis.NAME]"),
        ("timeout = 0\n[apis.a]", "line 3, `functions.f.timeout`: this is 0: write a number from 1 to 900"),
        (
            "[functions.g]\ncommand = \"g\"",
            "line 4, `functions.g.command`: write the program and its arguments as a list",
        ),
        ("[functions.g]\ntimeout = 3", "line 3, `functions.g`: nothing says what to run"),
        (
            "[apis.a]\nroutes.say = \"g\"",
            "line 4, `apis.a.routes.say`: there is no function `g`; there is `f`",
        ),
        (
            "[apis.a]\nroutes.say = 3",
            "line 4, `apis.a.routes.say`: this is a number: write the name of its function",
        ),
        (
            "[apis.a]\nrotues.say = \"f\"",
            "line 4, `apis.a.rotues`: there is no such setting: did you mean `routes`?",
        ),
        (
            "[apis.a]\nroutes.\"$conect\" = \"f\"",
            "line 4, `apis.a.routes.$conect`: route `$conect` has the key `$conect`: only",
        ),
        ("[apis.a]\nstages = [\"a/b\"]", "line 4, `apis.a.stages`: `a/b` is no name of a stage"),
        ("[apis.a]\nstages = []", "line 4, `apis.a.stages`: there is no stage: write"),
        (
            "[apis.a]\nroutes.x = \"f\"\n[domains]\n\"x.y\" = \"a/prod\"",
            "line 6, `domains.x.y.(none)`: `apis.a` has no stage `prod`; it has `dev`",
        ),
        (
            "[apis.a]\nroutes.x = \"f\"\n[domains.\"x.y\"]\nping = \"a/dev\"",
            "line 6, `domains.x.y.ping`: API Gateway keeps `ping`",
        ),
        (
            "[apis.a]\nroutes.x = \"f\"\n[domains.\"x.y\"]\n_lift = \"a/dev\"",
            "line 6, `domains.x.y._lift`: the gateway keeps `_lift` and `~`",
        ),
        (
            "[apis.a]\nroutes.x = \"f\"\n[domains.\"x.y\"]\n\"~\" = \"a/dev\"",
            "line 6, `domains.x.y.~`: the gateway keeps",
        ),
        ("env.A = \"x\\u0000\"\n[apis.a]", "line 3, `functions.f.env.A`: a text for a program cannot have"),
        ("env.\"A=\" = \"x\"\n[apis.a]", "line 3, `functions.f.env`: the name of a variable has"),
        (
            "[functions.g]\ncommand = [\"g\", \"\\u0000\"]\n[apis.a]",
            "line 4, `functions.g.command`: a text for a program cannot have",
        ),
        (
            "[apis.a]\nport = 9\n[apis.b]\nport = 9",
            "line 6, `apis.b.port`: `apis.a` has 9 already: each API needs its own",
        ),
        (
            "[functions.g]\ncommand = [\"g\"]\n[apis.a.routes.say]\n",
            "line 5, `apis.a.routes.say`: this route has no function",
        ),
        (
            "[apis.a]\nqueue = true\nroutes.x = \"f\"\n[apis.b]\nqueue = true\nroutes.x = \"f\"",
            "line 7, `apis.b.queue`: `apis.a` has the queue of jobs already",
        ),
        (
            "env.Q = \"${queues.ordres}\"\n[apis.a]\n[queues.orders]",
            "line 3, `functions.f.env.Q`: there is no queue `ordres`: did you mean `orders`?",
        ),
        (
            "env.Q = \"${queues.mine}\"\n[apis.a]\n[queues.orders]\ndeadLetters = \"lost\"",
            "line 3, `functions.f.env.Q`: there is no queue `mine`; there is `orders`, `lost`",
        ),
        (
            "env.Q = \"${queues.mine}\"\n[apis.a]",
            "line 3, `functions.f.env.Q`: there is no queue `mine`: describe it under [queues.mine]",
        ),
        (
            "env.Q = \"a ${HOME} ${queue.orders}\"\n[apis.a]\n[queues.orders]",
            "line 3, `functions.f.env.Q`: nothing can be put for `${queue.orders}`: write ${queues.NAME}",
        ),
        ("[apis.a]\n[queues.q]\nbatchSize = 0", "line 4, `queues.q`: `batchSize` is 0: write a number"),
    ] {
        let problem = problem(text);
        assert!(problem.starts_with(expected), "{text}\n{problem}\n{expected}");
    }
}

#[test]
fn a_custom_domain_has_a_name_that_leads_nowhere_else() {
    let with = |name: &str| {
        let project = format!(
            "functions.f.command = [\"f\"]\napis.a.routes.x = \"f\"\n[domains]\n\"{name}\" = \"a/dev\""
        );
        Project::from_toml(&project, ".").map_err(|error| error.to_string())
    };
    for name in ["ws.localhost", "WS.example.org", "intranet", "x_y.example", "1.2.3.4.example"] {
        assert!(with(name).is_ok(), "{name}");
    }
    let (long_label, long_name) = ("a".repeat(64), ["a"; 128].join("."));
    for (name, expected) in [
        ("127.0.0.1", "this is an address"),
        ("127.1", "this is an address"),
        ("Localhost", "`localhost` is this machine itself"),
        ("https://x.y", "without scheme"),
        ("", "parts between dots"),
        ("a..b", "parts between dots"),
        ("a.b.", "parts between dots"),
        ("-.-", "parts between dots"),
        (&long_label, "parts between dots"),
        (&long_name, "parts between dots"),
    ] {
        let problem = with(name).unwrap_err();
        assert!(problem.starts_with("line 4, `domains.") && problem.contains(expected), "{name}: {problem}");
    }
}

#[test]
fn a_wrong_setting_of_one_of_several_apis_has_its_own_line() {
    let second = |settings: &str| {
        problem(&format!(
            "[apis.main]\nroutes.x = \"f\"\n[apis.admin]\nport = 0\nroutes.say = \"f\"\n{settings}"
        ))
    };
    for (settings, expected) in [
        ("stageVariables = { a = \"1\" }\ntimeoutInMillis = 5", "line 9, `apis.admin.timeoutInMillis`: "),
        ("timeoutInMillis = \"5\"", "line 8, `apis.admin.timeoutInMillis`: "),
        ("routeSettings.sya.throttlingRateLimit = 1", "line 8, `apis.admin.routeSettings.sya`: "),
        (
            "[apis.admin.routeSettings.say]\nthrottlingBurstLimit = 1\nthrottlingRateLimit = -1",
            "line 10, `apis.admin.routeSettings.say.throttlingRateLimit`: ",
        ),
        ("readings = { lenientJson = 3 }", "line 8, `apis.admin.readings.lenientJson`: "),
        (
            "[[apis.admin.apiKeys]]\nvalue = \"a\"\n[[apis.admin.apiKeys]]\nvalue = 1",
            "line 11, `apis.admin.apiKeys.value`: ",
        ),
        (
            "routes.hear = { function = \"f\", timeoutInMillis = 5 }",
            "line 8, `apis.admin.routes.hear.timeoutInMillis`: ",
        ),
        // two mistakes: the one that is told of
        ("account = 7\nmodels = 7", "line 8, `apis.admin.account`: "),
    ] {
        let problem = second(settings);
        assert!(problem.starts_with(expected), "{settings}\n{problem}\n{expected}");
    }
    let list = "[[apis.a.routes]]\nrouteKey = \"x\"\n[[apis.a.routes]]\ntwoWay = true\nrouteKey = \"$x\"";
    let problem = problem(list);
    assert!(problem.starts_with("line 7, `apis.a.routes.routeKey`: route `$x` has the key"), "{problem}");
}

/// Each part is left out once to find the one to blame, which many parts would make slow.
#[test]
fn among_very_many_routes_the_line_is_that_of_all() {
    let mut text = "[apis.a]\nmaxRoutes = 9999\n[apis.a.routes]\n".to_owned();
    for route in 0..5_000 {
        text.push_str(&format!("r{route} = \"f\"\n"));
    }
    let problem = problem(&(text + "\"$conect\" = \"f\""));
    assert!(problem.starts_with("line 5, `apis.a.routes`: route `$conect` has the key"), "{problem}");
}
