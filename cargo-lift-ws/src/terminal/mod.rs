//! What people see: results on stdout, everything else on stderr.

mod paint;
mod plain;
mod printer;

use std::io::{self, IsTerminal, Write};

use lift_ws_local::core::{Finished, Verdict};
use lift_ws_local::{BatchVerdict, DeadLetter, FinishedBatch, GatewayEvent, OutputStream};

use paint::Paint;
pub(crate) use plain::plain;
pub(crate) use printer::Printer;

/// As much of a route key as is shown, in characters.
const KEY_CHARACTERS: usize = 80;
/// As much of a message of a function as is shown, in characters.
const MESSAGE_CHARACTERS: usize = 2_000;

/// Writes lines to stdout at once, for programs that wait for them.
pub(crate) fn print(lines: &[String]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for line in lines {
        writeln!(stdout, "{line}")?;
    }
    stdout.flush()
}

/// Writes a text to stdout as it stands.
pub(crate) fn output(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// One line in cargo's manner: a verb, and what it is about.
pub(crate) fn status(verb: &str, text: &str) {
    let paint = Paint::of_stderr();
    say(&format!("{} {text}\n", paint.green(&format!("{verb:>12}"))));
}

/// Whether somebody may be looking at stderr.
pub(crate) fn is_there() -> bool {
    io::stderr().is_terminal()
}

/// Whether what others write to stderr may be in colours.
pub(crate) fn has_colours() -> bool {
    match std::env::var("CARGO_TERM_COLOR").as_deref() {
        Ok("always") => true,
        Ok("never") => false,
        _ => Paint::of_stderr().is_on,
    }
}

/// Writes what another program has written for people, in place of a progress bar if one is there.
pub(crate) fn pass_on(text: &str) {
    let over = if is_there() { "\r\x1b[K" } else { "" };
    say(&format!("{over}{text}"));
}

/// The same of what stands as it is.
pub(crate) fn pass_on_bytes(bytes: &[u8]) {
    printer::write(bytes.to_vec());
}

/// What is not as the user may think.
pub(crate) fn warning(text: &str) {
    let paint = Paint::of_stderr();
    say(&format!("{}: {text}\n", paint.yellow("warning")));
}

/// Why this did not work.
pub(crate) fn error(text: &str) {
    let paint = Paint::of_stderr();
    say(&format!("{}: {text}\n", paint.red("error")));
}

fn say(text: &str) {
    printer::write(text.as_bytes().to_vec());
}

fn describe(event: &GatewayEvent, paint: Paint) -> String {
    match event {
        GatewayEvent::Finished(finished) => describe_finished(finished, paint),
        GatewayEvent::BatchFinished(batch) => describe_batch(batch, paint),
        GatewayEvent::DeadLettered(letter) => describe_dead_letter(letter, paint),
        GatewayEvent::Fault(fault) => format!("{}: {fault}", paint.yellow("fault on demand")),
        GatewayEvent::Output { environment, stream, line } => {
            let (mark, line) = (format!("env {environment} |"), plain::in_colours(line));
            match stream {
                OutputStream::Stdout => format!("{} {line}", paint.cyan(&mark)),
                OutputStream::Stderr => format!("{} {line}", paint.yellow(&mark)),
            }
        }
        GatewayEvent::EnvironmentStarted { environment, function, pid } => {
            let function = one_line(function, KEY_CHARACTERS);
            paint.dim(&format!("env {environment} started ({function}, pid {pid})"))
        }
        GatewayEvent::InitFailed { environment, reason, stderr } => {
            let (error, reason) = (paint.red("error"), message(reason));
            let mut text = format!("{error}: environment {environment} did not start: {reason}");
            if !stderr.is_empty() {
                text.push_str("; the last lines of its stderr:");
            }
            for line in stderr {
                text.push_str("\n  | ");
                text.push_str(&plain::in_colours(line));
            }
            text + "\nthe events that waited for it have failed; the next event starts it again"
        }
        GatewayEvent::EnvironmentCrashed { environment, how, events } => {
            let lost = match events {
                0 => "while it was idle".to_owned(),
                1 => "in the middle of an event, which has failed".to_owned(),
                many => format!("in the middle of {many} events, which have failed"),
            };
            format!("{}: environment {environment} {how} {lost}", paint.red("error"))
        }
        GatewayEvent::EnvironmentKilled { environment, limit, setting } => {
            let (error, limit) = (paint.red("error"), limit.as_secs_f64());
            format!("{error}: environment {environment} took longer than {limit} s ({setting}) and was ended")
        }
        other => format!("{other:?}"),
    }
}

/// Route, connection, milliseconds, outcome.
fn describe_finished(finished: &Finished, paint: Paint) -> String {
    let millis = finished.ended.since(finished.started).as_millis();
    let outcome = message(&finished.outcome());
    let outcome = match &finished.verdict {
        Verdict::Status(status) if *status < 400 => paint.green(&outcome),
        Verdict::Authorized => paint.green(&outcome),
        Verdict::Status(_) | Verdict::Refused { .. } | Verdict::NoRoute(_) => paint.yellow(&outcome),
        Verdict::Fault(_) => outcome,
        _ => paint.red(&outcome),
    };
    let route = paint.bold(&format!("{:<12}", one_line(finished.whose(), KEY_CHARACTERS)));
    let connection = paint.dim(finished.connection.as_str());
    format!("{route} {connection} {millis:>5} ms  {outcome}")
}

/// Queue, records, milliseconds, outcome: the columns of an event.
fn describe_batch(batch: &FinishedBatch, paint: Paint) -> String {
    let millis = batch.ended.since(batch.started).as_millis();
    let outcome = match &batch.verdict {
        BatchVerdict::Succeeded => paint.green("ok"),
        BatchVerdict::PartlyFailed => {
            paint.yellow(&format!("{} failed and will be tried again", batch.failed))
        }
        BatchVerdict::Malformed { problem } => {
            paint.red(&format!("malformed batch response, all failed: {}", message(problem)))
        }
        BatchVerdict::FunctionError { message: text } => {
            paint.red(&format!("function error, all failed: {}", message(text)))
        }
        BatchVerdict::Unavailable { message: text } => {
            paint.red(&format!("no environment, all failed: {}", message(text)))
        }
    };
    let queue = paint.bold(&format!("{:<12}", one_line(&batch.queue, KEY_CHARACTERS)));
    let records =
        if batch.records == 1 { "1 record".to_owned() } else { format!("{} records", batch.records) };
    format!("{queue} {} {millis:>5} ms  {outcome}", paint.dim(&format!("{records:<16}")))
}

fn describe_dead_letter(letter: &DeadLetter, paint: Paint) -> String {
    let DeadLetter { queue, dead_letter_queue, message_id, receives, .. } = letter;
    let times = if *receives == 1 { "once" } else { &format!("{receives} times") };
    let reason = match &letter.reason {
        Some(reason) => format!("the last failure: {}", message(reason)),
        None => "nobody said why".to_owned(),
    };
    format!(
        "{}: message {message_id} of {} was received {times} and not done with; it is in {} now; {reason}",
        paint.yellow("warning"),
        one_line(queue, KEY_CHARACTERS),
        one_line(dead_letter_queue, KEY_CHARACTERS),
    )
}

fn message(text: &str) -> String {
    one_line(text, MESSAGE_CHARACTERS)
}

/// Clients may send anything as a route key, and functions quote clients in their errors.
pub(crate) fn one_line(text: &str, characters: usize) -> String {
    let mut line: String = text.chars().take(characters).map(harmless).collect();
    if text.chars().nth(characters).is_some() {
        line.push('\u{2026}');
    }
    line
}

/// What neither moves the cursor, nor turns the direction of the line.
fn harmless(character: char) -> char {
    match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        character if character.is_control() => '\u{fffd}',
        character => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use lift_ws_local::EnvironmentId;
    use lift_ws_local::core::{EventType, Moment, NoRoute};

    fn finished(verdict: Verdict) -> GatewayEvent {
        GatewayEvent::Finished(Finished {
            invocation: None,
            event_type: EventType::Message,
            route_key: "say\x1b[2J".to_owned(),
            connection: "AbCdEdXyZ_wCQr0=".into(),
            started: Moment::from_millis(10),
            ended: Moment::from_millis(13),
            verdict,
        })
    }

    #[test]
    fn an_event_is_one_line_of_route_connection_milliseconds_and_outcome() {
        let plain = Paint { is_on: false };
        let line = describe(&finished(Verdict::Status(200)), plain);
        assert_eq!(line, "say\u{fffd}[2J      AbCdEdXyZ_wCQr0=     3 ms  200");
        let error = Verdict::FunctionError { message: "ValueError: x".to_owned() };
        assert!(describe(&finished(error), plain).ends_with("function error: ValueError: x"));
    }

    #[test]
    fn an_authorizer_is_one_line_with_the_status_and_the_reason_of_a_refusal() {
        let line = |verdict| {
            let GatewayEvent::Finished(mut event) = finished(verdict) else { unreachable!() };
            (event.event_type, event.route_key) = (EventType::Authorizer, "$connect".to_owned());
            describe(&GatewayEvent::Finished(event), Paint { is_on: false })
        };
        assert_eq!(line(Verdict::Authorized), "authorizer   AbCdEdXyZ_wCQr0=     3 ms  allowed");
        for (verdict, expected) in [
            (
                Verdict::Refused { status: 403, reason: "the policy\nhas no such".to_owned() },
                "refused, 403: the policy has no such",
            ),
            (Verdict::Malformed { problem: "it is no policy".to_owned() }, "refused, 500: it is no policy"),
            (
                Verdict::FunctionError { message: "ValueError: x".to_owned() },
                "refused, 500: function error: ValueError: x",
            ),
        ] {
            assert_eq!(line(verdict), format!("authorizer   AbCdEdXyZ_wCQr0=     3 ms  {expected}"));
        }
    }

    fn batch(records: usize, failed: usize, verdict: BatchVerdict) -> GatewayEvent {
        GatewayEvent::BatchFinished(FinishedBatch {
            queue: "lift-ws-jobs".to_owned(),
            records,
            failed,
            started: Moment::from_millis(10),
            ended: Moment::from_millis(25),
            verdict,
        })
    }

    #[test]
    fn a_batch_is_one_line_of_queue_records_milliseconds_and_outcome() {
        let plain = Paint { is_on: false };
        let line = describe(&batch(3, 0, BatchVerdict::Succeeded), plain);
        assert_eq!(line, "lift-ws-jobs 3 records           15 ms  ok");
        let line = describe(&batch(1, 1, BatchVerdict::PartlyFailed), plain);
        assert_eq!(line, "lift-ws-jobs 1 record            15 ms  1 failed and will be tried again");
        let error = BatchVerdict::FunctionError { message: "ValueError:\nx".to_owned() };
        assert!(describe(&batch(2, 2, error), plain).ends_with("function error, all failed: ValueError: x"));
    }

    #[test]
    fn a_dead_letter_is_a_warning_with_its_reason_if_there_is_one() {
        let mut letter = DeadLetter {
            queue: "lift-ws-jobs".to_owned(),
            dead_letter_queue: "lift-ws-jobs-dead".to_owned(),
            message_id: "m-1".to_owned(),
            receives: 3,
            reason: Some("ValueError: no\u{1b}[2J".to_owned()),
        };
        let line = |letter: &DeadLetter| describe_dead_letter(letter, Paint { is_on: false });
        assert_eq!(
            line(&letter),
            "warning: message m-1 of lift-ws-jobs was received 3 times and not done with; it is in \
             lift-ws-jobs-dead now; the last failure: ValueError: no\u{fffd}[2J"
        );
        letter.reason = None;
        letter.receives = 1;
        assert!(line(&letter).contains("received once") && line(&letter).ends_with("nobody said why"));
    }

    #[test]
    fn a_message_without_route_says_why() {
        for (reason, why) in [
            (NoRoute::NotJson, "the message is not JSON"),
            (NoRoute::NoKey, "found no key in the message"),
            (NoRoute::UnknownKey, "no route has this key"),
        ] {
            let line = describe(&finished(Verdict::NoRoute(reason)), Paint { is_on: false });
            assert!(line.contains("no route: ") && line.contains(why), "{line}");
        }
    }

    #[test]
    fn a_timeout_names_its_limit_and_the_setting() {
        let plain = Paint { is_on: false };
        let line = describe(&finished(Verdict::TimedOut { limit: Duration::from_secs(29) }), plain);
        assert!(
            line.ends_with("timed out: the gateway waits 29 s for an answer (integration_timeout)"),
            "{line}"
        );
        let killed = GatewayEvent::EnvironmentKilled {
            environment: EnvironmentId(2),
            limit: Duration::from_millis(1_500),
            setting: "function_timeout",
        };
        let line = describe(&killed, plain);
        assert_eq!(line, "error: environment 2 took longer than 1.5 s (function_timeout) and was ended");
    }

    #[test]
    fn no_text_of_a_function_moves_the_cursor() {
        let evil = || "no user\n\x1b[2J\x07\u{9b}1A\u{202e}\u{2028}\u{2066}\u{200f}".to_owned();
        let harmless = "no user \u{fffd}[2J\u{fffd}\u{fffd}1A\u{fffd} \u{fffd}\u{fffd}";
        for verdict in [
            Verdict::FunctionError { message: evil() },
            Verdict::Malformed { problem: evil() },
            Verdict::Unavailable { message: evil() },
            Verdict::Refused { status: 403, reason: evil() },
        ] {
            let line = describe(&finished(verdict), Paint { is_on: false });
            assert!(line.ends_with(harmless), "{line:?}");
        }
        let event =
            GatewayEvent::InitFailed { environment: EnvironmentId(1), reason: evil(), stderr: vec![evil()] };
        assert_eq!(describe(&event, Paint { is_on: false }).matches(harmless).count(), 2);
        let event = GatewayEvent::Output {
            environment: EnvironmentId(1),
            stream: OutputStream::Stdout,
            line: evil(),
        };
        assert_eq!(describe(&event, Paint { is_on: false }), format!("env 1 | {harmless}"));
    }

    #[test]
    fn a_long_message_is_cut_with_a_mark() {
        assert_eq!(one_line("abc", 3), "abc");
        assert_eq!(one_line("abcd", 3), "abc\u{2026}");
    }

    #[test]
    fn colours_are_used_only_where_they_are_wanted() {
        let event = finished(Verdict::Status(200));
        assert!(describe(&event, Paint { is_on: true }).contains("\x1b[1;32m200\x1b[0m"));
        assert!(!describe(&event, Paint { is_on: false }).contains('\x1b'));
    }

    #[test]
    fn an_environment_that_did_not_start_is_quoted() {
        let event = GatewayEvent::InitFailed {
            environment: EnvironmentId(1),
            reason: "it exited with status 1 before it asked for its first event".to_owned(),
            stderr: vec!["ImportError: no module".to_owned()],
        };
        let text = describe(&event, Paint { is_on: false });
        assert!(text.contains("environment 1 did not start") && text.contains("  | ImportError"), "{text}");
    }
}
