//! Templates as people write them, and as nobody should.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use crate::project::{Project, ProjectError};

/// The layout of AWS's own sample of a chat: one function per route, every resource written out.
const CHAT: &str = r#"
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: A chat over WebSockets
Parameters:
  TableName:
    Type: String
    Default: 'chat-connections'
  Tier:
    Type: String
    AllowedValues: [gold, silver]
    Default: silver
Conditions:
  IsGold: !Equals [!Ref Tier, gold]
Globals:
  Function:
    Runtime: provided.al2023
    Handler: bootstrap
    Timeout: 20
    Environment:
      Variables:
        TABLE_NAME: !Ref TableName
Resources:
  ChatSocket:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: ChatSocket
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: "$request.body.action"
  ConnectRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref ChatSocket
      RouteKey: $connect
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Guard
      OperationName: ConnectRoute
      Target: !Join ['/', ['integrations', !Ref ConnectIntegration]]
  ConnectIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ChatSocket
      IntegrationType: AWS_PROXY
      IntegrationUri:
        Fn::Sub:
          arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${OnConnect.Arn}/invocations
  SendRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref ChatSocket
      RouteKey: sendmessage
      RouteResponseSelectionExpression: $default
      Target: !Sub integrations/${SendIntegration}
  SendResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties:
      ApiId: !Ref ChatSocket
      RouteId: !Ref SendRoute
      RouteResponseKey: $default
  SendIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ChatSocket
      IntegrationType: AWS_PROXY
      TimeoutInMillis: 5000
      IntegrationUri: !Sub 'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${SendMessage}/invocations'
  Guard:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref ChatSocket
      Name: guard
      AuthorizerType: REQUEST
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${OnConnect.Arn}/invocations
      IdentitySource: [route.request.querystring.token]
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: [ConnectRoute, SendRoute]
    Properties: {ApiId: !Ref ChatSocket}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      StageName: Prod
      DeploymentId: !Ref Deployment
      ApiId: !Ref ChatSocket
      StageVariables:
        tier: !If [IsGold, gold, plain]
  GoldStage:
    Type: AWS::ApiGatewayV2::Stage
    Condition: IsGold
    Properties: {StageName: Gold, ApiId: !Ref ChatSocket}
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties: {DomainName: ws.example.org}
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties:
      DomainName: !Ref Domain
      ApiId: !Ref ChatSocket
      Stage: !Ref Stage
      ApiMappingKey: v1
  Connections:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: connectionId, AttributeType: S}]
      KeySchema: [{AttributeName: connectionId, KeyType: HASH}]
      ProvisionedThroughput: {ReadCapacityUnits: '5', WriteCapacityUnits: 5}
      TableName: !Ref TableName
  OnConnect:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: onconnect/
      MemorySize: 256
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref TableName}}]
  OnConnectPermission:
    Type: AWS::Lambda::Permission
    DependsOn: [ChatSocket]
    Properties: {Action: 'lambda:InvokeFunction', FunctionName: !Ref OnConnect, Principal: apigateway.amazonaws.com}
  SendMessage:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: chat-send
      CodeUri: sendmessage/
      Timeout: 5
      ReservedConcurrentExecutions: 3
      Environment:
        Variables:
          ENDPOINT: !Sub 'https://${ChatSocket}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}'
          QUEUE: !Ref Orders
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: sendmessage/
      Events:
        Orders:
          Type: SQS
          Properties: {Queue: !GetAtt Orders.Arn, BatchSize: 4}
  Unused:
    Type: AWS::Serverless::Function
    Properties: {Runtime: java21, CodeUri: nowhere/}
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadOrders.Arn, maxReceiveCount: 2}
  DeadOrders:
    Type: AWS::SQS::Queue
    Properties: {QueueName: orders-that-failed}
  Uploads:
    Type: AWS::S3::Bucket
Outputs:
  WebSocketURI:
    Value: !Join ['', ['wss://', !Ref ChatSocket, '.execute-api.', !Ref 'AWS::Region', '.amazonaws.com/', !Ref Stage]]
"#;

/// A folder with binaries for the functions of [`CHAT`].
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for code in ["onconnect", "sendmessage"] {
        std::fs::create_dir(dir.path().join(code)).unwrap();
        std::fs::write(dir.path().join(code).join("bootstrap"), "#!/bin/sh\n").unwrap();
    }
    dir
}

fn read(text: &str, dir: &Path) -> Result<Project, ProjectError> {
    Project::from_template(text, dir, &BTreeMap::new())
}

#[test]
fn a_chat_with_one_function_per_route_is_read_whole() {
    let dir = folder();
    let project = read(CHAT, dir.path()).unwrap();
    let [api] = &project.apis[..] else { panic!("{project:?}") };
    assert_eq!((api.name.as_str(), api.api_id.len()), ("ChatSocket", 10));
    assert_eq!(api.stages.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>(), ["Prod"]);
    assert_eq!(api.stages[0].variables["tier"], "plain");
    assert_eq!((&*api.routes["$connect"], &*api.routes["sendmessage"]), ("OnConnect", "SendMessage"));
    assert_eq!(api.authorizer.as_deref(), Some("OnConnect"));
    assert_eq!(api.manifest.authorizer.as_ref().unwrap().identity_sources.len(), 1);
    let two_way: Vec<_> =
        api.manifest.routes.iter().map(|route| (&*route.route_key, route.two_way)).collect();
    assert_eq!(two_way, [("$connect", false), ("sendmessage", true)]);
    assert_eq!(project.domains[0].name, "ws.example.org");
    assert_eq!(
        (&*project.domains[0].mappings[0].path, &*project.domains[0].mappings[0].stage),
        ("v1", "Prod")
    );
    assert_eq!(project.tables[0]["TableName"], "chat-connections");
    assert_eq!(project.tables[0]["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
}

/// [`CHAT`] with a `$connect` that has no target, or one that is no function.
fn without_connect() -> [String; 2] {
    let target = "      Target: !Join ['/', ['integrations', !Ref ConnectIntegration]]\n";
    let function = "      ApiId: !Ref ChatSocket\n      IntegrationType: AWS_PROXY\n      IntegrationUri:\n";
    assert!(CHAT.contains(target) && CHAT.contains(function));
    let mock = function.replace("AWS_PROXY", "MOCK");
    [CHAT.replacen(target, "", 1), CHAT.replacen(function, &mock, 1)]
}

#[test]
fn a_connect_route_that_is_left_out_keeps_its_authorizer() {
    let dir = folder();
    for text in without_connect() {
        let project = read(&text, dir.path()).unwrap();
        let api = &project.apis[0];
        assert!(api.manifest.routes.iter().all(|route| route.route_key != "$connect"));
        assert_eq!(api.authorizer.as_deref(), Some("OnConnect"));
        assert_eq!(api.manifest.authorizer.as_ref().map(|guard| guard.identity_sources.len()), Some(1));
        let told =
            |warning: &String| warning.contains("the route `$connect`") && warning.contains("left out");
        assert!(project.warnings.iter().any(told), "{:?}", project.warnings);
    }
}

#[test]
fn a_connect_route_that_is_left_out_and_alone_could_protect_the_api_is_refused() {
    let dir = folder();
    let authorization = "      AuthorizationType: CUSTOM\n      AuthorizerId: !Ref Guard\n";
    for text in without_connect() {
        for (protection, expected) in [
            ("AuthorizationType: AWS_IAM", "`ConnectRoute.AuthorizationType`: AWS_IAM is asked for"),
            ("ApiKeyRequired: true", "`ConnectRoute.ApiKeyRequired`: an API key is asked for"),
        ] {
            let text = text.replace(authorization, &format!("      {protection}\n"));
            let problem = read(&text, dir.path()).unwrap_err().to_string();
            assert!(problem.contains(expected) && problem.contains("AWS_PROXY"), "{problem}");
        }
        let open = read(&text.replace(authorization, ""), dir.path()).unwrap();
        assert!(open.apis[0].manifest.authorizer.is_none());
    }
}

#[test]
fn functions_have_what_globals_and_they_themselves_say() {
    let dir = folder();
    let project = read(CHAT, dir.path()).unwrap();
    let names: Vec<_> = project.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["OnConnect", "SendMessage", "Worker"]);
    let [connect, send, _] = &project.functions[..] else { panic!("{names:?}") };
    assert_eq!((connect.timeout, connect.environments), (Some(Duration::from_secs(20)), None));
    assert_eq!((send.timeout, send.environments), (Some(Duration::from_secs(5)), Some(3)));
    assert_eq!((&*connect.function.name(), &*send.function.name()), ("OnConnect", "chat-send"));
    let variables = format!("{:?}", send.function);
    assert!(variables.contains("\"chat-connections\""), "{variables}");
    let endpoint = format!("https://{}.execute-api.us-east-1.amazonaws.com/Prod", project.apis[0].api_id);
    assert!(variables.contains(&endpoint), "{variables}");
    assert!(variables.contains("Orders"), "{variables}");
}

#[test]
fn queues_have_their_functions_and_dead_letters() {
    let dir = folder();
    let project = read(CHAT, dir.path()).unwrap();
    let [orders, dead] = &project.queues[..] else { panic!("{project:?}") };
    assert_eq!((&*orders.name, orders.function.as_deref()), ("Orders", Some("Worker")));
    assert_eq!(orders.dead_letters.as_deref(), Some("orders-that-failed"));
    assert_eq!((orders.settings.batch_size, orders.settings.max_receive_count), (4, 2));
    assert_eq!(orders.settings.visibility_timeout, Some(Duration::from_secs(60)));
    assert_eq!((&*dead.name, &dead.function), ("orders-that-failed", &None));
}

#[test]
fn parameters_choose_conditions_and_what_is_not_done_is_told() {
    let dir = folder();
    let given = |value: &str| BTreeMap::from([("Tier".to_owned(), value.to_owned())]);
    let project = Project::from_template(CHAT, dir.path(), &given("gold")).unwrap();
    let stages: Vec<_> = project.apis[0].stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(stages, ["Prod", "Gold"]);
    assert_eq!(project.apis[0].stages[0].variables["tier"], "gold");
    assert_eq!(project.warnings.len(), 1, "{:?}", project.warnings);
    assert!(
        project.warnings[0].contains("`Uploads`: AWS::S3::Bucket does not exist at home"),
        "{:?}",
        project.warnings
    );
    let problem = Project::from_template(CHAT, dir.path(), &given("tin")).unwrap_err().to_string();
    assert!(
        problem.contains("`Parameters.Tier`: `tin` is none of its AllowedValues, gold, silver"),
        "{problem}"
    );
    let unknown = BTreeMap::from([("Colour".to_owned(), "x".to_owned())]);
    let problem = Project::from_template(CHAT, dir.path(), &unknown).unwrap_err().to_string();
    assert!(problem.contains("no parameter `Colour`; it has `TableName`, `Tier`"), "{problem}");
}

const SAM: &str = r#"
Transform: AWS::Serverless-2016-10-31
Globals:
  WebSocketApi:
    RouteSelectionExpression: $request.body.type
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: live
      StageVariables: {tier: gold}
      Auth:
        AuthType: CUSTOM
        AuthArn: !GetAtt Guard.Arn
        IdentitySource: [route.request.header.Authorization]
      Domain:
        DomainName: chat.example.org
        CertificateArn: arn:aws:acm:x
        BasePath: [v1, v2]
      Routes:
        $connect: {FunctionArn: !GetAtt Hello.Arn}
        ask:
          FunctionArn: !GetAtt Hello.Arn
          RouteResponseSelectionExpression: $default
          IntegrationTimeout: 2000
  Hello:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, CodeUri: onconnect}
  Guard:
    Type: AWS::Lambda::Function
    Properties: {Runtime: provided.al2023, Code: sendmessage, Handler: bootstrap}
"#;

#[test]
fn sams_websocket_api_is_read() {
    let dir = folder();
    let project = read(SAM, dir.path()).unwrap();
    let api = &project.apis[0];
    assert_eq!((&*api.stages[0].name, &*api.stages[0].variables["tier"]), ("live", "gold"));
    assert_eq!(api.manifest.route_selection_expression, "$request.body.type");
    assert_eq!((api.authorizer.as_deref(), &*api.routes["ask"]), (Some("Guard"), "Hello"));
    assert!(api.manifest.routes.iter().any(|route| route.route_key == "ask" && route.two_way));
    let paths: Vec<_> = project.domains[0].mappings.iter().map(|mapping| mapping.path.as_str()).collect();
    assert_eq!(paths, ["v1", "v2"]);
    assert!(project.warnings.is_empty(), "{:?}", project.warnings);
}

#[test]
fn json_is_a_template_too() {
    let dir = folder();
    let json = r#"{"Resources": {
        "Chat": {"Type": "AWS::Serverless::WebSocketApi", "Properties": {
            "RouteSelectionExpression": "$request.body.action",
            "Routes": {"say": {"FunctionArn": {"Fn::GetAtt": ["Say", "Arn"]}}}}},
        "Say": {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "provided.al2023", "CodeUri": "onconnect"}}
    }}"#;
    let project = read(json, dir.path()).unwrap();
    assert_eq!((&*project.apis[0].stages[0].name, &*project.apis[0].routes["say"]), ("default", "Say"));
}

#[test]
fn a_binary_that_cargo_builds_is_found_by_its_package() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("onconnect")).unwrap();
    std::fs::write(dir.path().join("onconnect/Cargo.toml"), "[package]\nname = \"hello\"\n").unwrap();
    std::fs::create_dir(dir.path().join("sendmessage")).unwrap();
    std::fs::write(dir.path().join("sendmessage/bootstrap"), "").unwrap();
    let text = SAM.replace(
        "  Guard:\n",
        "    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: greeter}}\n  Guard:\n",
    );
    let project = read(&text, dir.path()).unwrap();
    let package = project.functions[0].package.as_ref().unwrap();
    assert_eq!(package.bin.as_deref(), Some("greeter"));
    assert!(package.manifest_path.as_ref().unwrap().ends_with("onconnect/Cargo.toml"));
}

#[test]
fn each_mistake_names_resource_and_property_and_line() {
    let dir = folder();
    for (change, to, expected) in [
        (
            "Runtime: provided.al2023, CodeUri: onconnect",
            "Runtime: java21, CodeUri: onconnect",
            "`Hello.Runtime`: functions of java21 are not started",
        ),
        (
            "CodeUri: onconnect",
            "CodeUri: s3://bucket/key",
            "`Hello.CodeUri`: code in S3 is not fetched at home",
        ),
        (
            "Runtime: provided.al2023, CodeUri: onconnect",
            "Runtime: provided.al2023, CodeUri: nowhere",
            "`Hello`: there is no binary `bootstrap` in ",
        ),
        (
            "Runtime: provided.al2023, CodeUri: onconnect",
            "Runtime: nodejs22.x, Handler: a.b, CodeUri: onconnect",
            "`Hello.Runtime`: function `Hello` runs on aws-lambda-ric",
        ),
        (
            "Runtime: provided.al2023, CodeUri: onconnect",
            "PackageType: Image",
            "`Hello.PackageType`: container images are not run",
        ),
        ("!GetAtt Guard.Arn", "!GetAtt Gaurd.Arn", "`Chat`: there is no resource `Gaurd`"),
        (
            "!GetAtt Guard.Arn",
            "!Ref guard",
            "`Chat`: there is no parameter or resource `guard`; is `Guard` meant?",
        ),
        (
            "AuthType: CUSTOM",
            "AuthType: JWT",
            "`Chat.Auth`: AuthType is `JWT`: write NONE, AWS_IAM or CUSTOM",
        ),
        (
            "IntegrationTimeout: 2000",
            "IntegrationTimeout: 30000",
            "`Chat.Routes.ask`: this is 30000: write a number from 50 to 29000",
        ),
        ("StageName: live", "StageName: a/b", "`apis.Chat.stages`: `a/b` is no name of a stage"),
        ("        ask:\n", "        $ask:\n", "`Chat`: the route `$ask` has the key `$ask`: only"),
        (
            "FunctionArn: !GetAtt Hello.Arn\n",
            "FunctionArn: arn:aws:lambda:x:y:function:Elsewhere\n",
            "`Chat.Routes.ask`: `arn:aws:lambda:x:y:function:Elsewhere` names no function",
        ),
        ("BasePath: [v1, v2]", "BasePath: [ping]", "API Gateway keeps `ping`"),
        ("[v1, v2]", "!Split [',']", "`Chat`: write !Split [SEPARATOR, TEXT]"),
        (
            "Type: AWS::Serverless::WebSocketApi",
            "Type: AWS::Serverless::HttpApi",
            "there is no WebSocket API",
        ),
        ("    Type: AWS::Lambda::Function\n", "", "`Guard`: the resource has no Type"),
    ] {
        assert!(SAM.contains(change), "{change}");
        let problem = read(&SAM.replace(change, to), dir.path()).unwrap_err().to_string();
        assert!(problem.contains(expected), "{to}\n{problem}\n{expected}");
        let without_line = ["is no name of a stage", "no WebSocket API", "keeps `ping`"];
        let has_line = without_line.iter().any(|text| problem.contains(text)) || problem.starts_with("line ");
        assert!(has_line, "{problem}");
    }
}

#[test]
fn what_leads_in_circles_or_grows_without_end_is_refused() {
    let dir = folder();
    let circle = SAM.replace("StageName: live", "StageName: !Ref Chat.Stage");
    assert!(read(&circle, dir.path()).unwrap_err().to_string().contains("leads in a circle"));
    let mut conditions = String::from("Conditions:\n  C0: !Equals [a, a]\n");
    for step in 1..60 {
        let before = step - 1;
        conditions.push_str(&format!("  C{step}: !And [!Condition C{before}, !Condition C{before}]\n"));
    }
    let many = format!("{conditions}{}", SAM.replace("StageName: live", "StageName: !If [C28, live, dead]"));
    assert_eq!(read(&many, dir.path()).unwrap().apis[0].stages[0].name, "live");
    let own = SAM.replace("Globals:", "Conditions:\n  C: !Not [!Condition C]\nGlobals:");
    let own = own.replace("StageName: live", "StageName: !If [C, a, b]");
    assert!(read(&own, dir.path()).unwrap_err().to_string().contains("leads in a circle"));
    let mut names = String::from("Resources:\n  T0: {Type: 'A::B::C', Properties: {Name: xxxxxxxxxx}}\n");
    for step in 1..40 {
        let before = step - 1;
        let value = format!("!Sub '${{T{before}}}${{T{before}}}${{T{before}}}'");
        names.push_str(&format!("  T{step}: {{Type: 'A::B::C', Properties: {{Name: {value}}}}}\n"));
    }
    let grown = SAM.replace("Resources:\n", &names).replace("StageName: live", "StageName: !Ref T39");
    let problem = read(&grown, dir.path()).unwrap_err().to_string();
    assert!(problem.contains("64 KiB") || problem.contains("too many values"), "{problem}");
}

/// `SAM` with a parameter, and the name of its stage made of it.
fn with_parameter(kind: &str, default: &str, stage: &str) -> String {
    let parameters = format!("Parameters:\n  P: {{Type: {kind}, Default: \"{default}\"}}\nGlobals:");
    SAM.replace("Globals:", &parameters).replace("StageName: live", &format!("StageName: {stage}"))
}

#[test]
fn a_small_template_does_not_become_a_large_one() {
    let dir = folder();
    let long = "x".repeat(400_000);
    let commas = ",".repeat(250_000);
    let repeated = |element: &str| format!("!Select [0, [live, {}]]", vec![element; 5_000].join(", "));
    let joined = format!("!Join ['{}', [{}]]", "y".repeat(60_000), vec!["a"; 20_000].join(", "));
    let mut templates = vec![
        with_parameter("String", &long, &repeated("!Ref P")),
        with_parameter("CommaDelimitedList", &commas, &repeated("!Ref P")),
        with_parameter("String", &commas, &repeated("!Select [0, !Split [',', !Ref P]]")),
        SAM.replace("StageName: live", &format!("StageName: {joined}")),
    ];
    let mappings = format!("Mappings: {{M: {{a: {{b: {long}}}}}}}\nGlobals:");
    let found = format!("StageName: {}", repeated("!FindInMap [M, a, b]"));
    templates.push(SAM.replace("Globals:", &mappings).replace("StageName: live", &found));
    let problems: Vec<String> =
        templates.iter().map(|template| read(template, dir.path()).unwrap_err().to_string()).collect();
    for (problem, expected) in
        problems.iter().zip(["64 MiB", "too many values", "too many values", "64 KiB", "64 MiB"])
    {
        assert!(problem.contains(expected), "{problem}, not {expected}");
    }
    let few = with_parameter("String", "live,dead", "!Select [0, !Split [',', !Ref P]]");
    assert_eq!(read(&few, dir.path()).unwrap().apis[0].stages[0].name, "live");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Templates with pieces cut out, doubled and put elsewhere.
    #[test]
    fn a_mangled_template_is_read_or_refused(
        is_sam in any::<bool>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, any::<prop::sample::Index>()), 0..6),
    ) {
        let mut text: Vec<char> = if is_sam { SAM } else { CHAT }.chars().collect();
        for (from, length, to) in cuts {
            let from = from.index(text.len());
            let piece: Vec<char> = text.drain(from..(from + length).min(text.len())).collect();
            if length % 2 == 0 && !text.is_empty() {
                let to = to.index(text.len());
                text.splice(to..to, piece);
            }
        }
        let text: String = text.into_iter().collect();
        let _ = read(&text, Path::new("/no/such/folder"));
    }

    /// Any value where a template has another.
    #[test]
    fn a_value_of_any_kind_is_read_or_refused(
        line in any::<prop::sample::Index>(),
        value in prop::sample::select(vec!["[]", "{}", "~", "7", "true", "[[a]]", "!Ref X", "!Sub '${'", "!If [a]", "!GetAtt x", "!Select [9, []]", "!FindInMap [a]", "-1", "1e999", "!Join [a, b, c]", "{Ref: {Ref: x}}", "''"]),
    ) {
        let mut lines: Vec<String> = CHAT.lines().map(str::to_owned).collect();
        let at = line.index(lines.len());
        if let Some((key, _)) = lines[at].split_once(": ") {
            lines[at] = format!("{key}: {value}");
        }
        let _ = read(&lines.join("\n"), Path::new("/no/such/folder"));
    }
}
