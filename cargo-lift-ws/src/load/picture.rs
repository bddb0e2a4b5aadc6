//! The latencies as a picture: per cent of the answers from left to right, their time upwards, both stretched.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use super::report::{Latency, PERCENTILES, Report, millis};

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 90.0;
const BOTTOM: f64 = 50.0;
const TOP: f64 = 50.0;
const RIGHT: f64 = 30.0;

/// How many nines the right edge stands for: 99.999 %.
const NINES: f64 = 5.0;

/// An SVG, readable where the browser is dark too.
pub(super) fn svg(report: &Report) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <title>Latency by percentile</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"16\" fill=\"#222\">{}</text>\n",
        escaped(&report.url)
    );
    match &report.latency {
        Some(latency) => plot(&mut svg, latency),
        None => text(&mut svg, LEFT, HEIGHT / 2.0, "start", "no message was answered"),
    }
    svg.push_str("</svg>\n");
    svg
}

fn plot(svg: &mut String, latency: &Latency) {
    let scale = Scale::of(&latency.histogram);
    for time in scale.ticks() {
        let y = scale.y(time);
        line(svg, LEFT, y, WIDTH - RIGHT, y);
        text(svg, LEFT - 8.0, y + 4.0, "end", &label(time));
    }
    for percentile in PERCENTILES.into_iter().filter(|percentile| *percentile < 100.0).chain([99.99]) {
        let x = x(percentile);
        line(svg, x, TOP, x, HEIGHT - BOTTOM);
        text(svg, x, HEIGHT - BOTTOM + 20.0, "middle", &format!("{percentile} %"));
    }
    let points = (0..=400).map(|step| {
        let percentile = 100.0 * (1.0 - 10f64.powf(-NINES * f64::from(step) / 400.0));
        let time = latency.histogram.value_at_percentile(percentile) as f64;
        format!("{:.1},{:.1}", x(percentile), scale.y(time))
    });
    let points = points.collect::<Vec<_>>().join(" ");
    let _ = writeln!(
        svg,
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"#0b62d6\" stroke-width=\"2.5\"/>"
    );
    for percentile in PERCENTILES.into_iter().filter(|percentile| *percentile < 100.0) {
        let time = latency.histogram.value_at_percentile(percentile);
        let (x, y) = (x(percentile), scale.y(time as f64));
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#0b62d6\"/>");
        text(svg, x, y - 10.0, "middle", &format!("{:.2} ms", millis(time)));
    }
}

/// Where a percentile stands: each further nine as far as the one before.
fn x(percentile: f64) -> f64 {
    let nines = -(1.0 - percentile / 100.0).max(1e-9).log10();
    LEFT + (WIDTH - LEFT - RIGHT) * (nines / NINES).min(1.0)
}

/// Times upwards, by their logarithm.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// From a power of ten below the shortest time to one above the longest, in microseconds.
    fn of(histogram: &Histogram<u64>) -> Self {
        let low = (histogram.min().max(1) as f64).log10().floor();
        let high = (histogram.max().max(1) as f64).log10().ceil().max(low + 1.0);
        Self { low, high }
    }

    fn y(&self, micros: f64) -> f64 {
        let part = (micros.max(1.0).log10() - self.low) / (self.high - self.low);
        HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * part
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let steps = (self.high - self.low) as i32;
        let low = self.low;
        (0..=steps).map(move |step| 10f64.powf(low + f64::from(step)))
    }
}

fn label(micros: f64) -> String {
    match micros {
        micros if micros < 1_000.0 => format!("{micros} µs"),
        micros if micros < 1_000_000.0 => format!("{} ms", micros / 1_000.0),
        micros => format!("{} s", micros / 1_000_000.0),
    }
}

fn line(svg: &mut String, x1: f64, y1: f64, x2: f64, y2: f64) {
    let _ =
        writeln!(svg, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>");
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = escaped(text);
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#444\">{text}</text>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_nine_is_as_wide_as_the_one_before() {
        let (ninety, ninety_nine) = (x(90.0), x(99.0));
        assert!((ninety - LEFT - (ninety_nine - ninety)).abs() < 1e-6);
        assert!((x(100.0) - (WIDTH - RIGHT)).abs() < 1e-6);
    }

    #[test]
    fn text_cannot_end_its_element() {
        assert_eq!(escaped("ws://h/<a>&b"), "ws://h/&lt;a&gt;&amp;b");
    }
}
