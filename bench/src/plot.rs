//! Lines over logarithmic axes, as SVG: one panel beside another, with the same axes.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use crate::markdown::grouped;
use crate::peer::Peer;

/// A plot of some quantity by the number of postings.
pub struct Plot {
    pub title: &'static str,
    pub y_title: &'static str,
    pub panels: Vec<Panel>,
}

pub struct Panel {
    pub title: &'static str,
    /// The points of each peer: postings per request, and the quantity.
    pub lines: Vec<(Peer, Vec<(usize, f64)>)>,
}

/// Pixels.
const PANEL_WIDTH: f64 = 240.0;
const PANEL_HEIGHT: f64 = 200.0;
const GAP: f64 = 52.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 34.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 52.0;

/// Readable on a light and on a dark page; the lines differ by shape, too.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:13px;font-weight:600}\
.grid{stroke:#d1d9e0}.line{fill:none;stroke-width:2}.floor{stroke-dasharray:2 4}\
.drizzle{stroke-dasharray:7 4}.jobs-ingest{stroke-width:6}\
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.grid{stroke:#3d444d}}";

fn colour(peer: Peer) -> &'static str {
    match peer {
        Peer::JobsIngest => "#1a7f37",
        Peer::JsonEach => "#d1690e",
        Peer::Drizzle => "#8250df",
        Peer::Floor => "#6e7781",
    }
}

/// The name of the peer's style.
fn class(peer: Peer) -> &'static str {
    match peer {
        Peer::JobsIngest => "jobs-ingest",
        Peer::JsonEach => "best-js",
        Peer::Drizzle => "drizzle",
        Peer::Floor => "floor",
    }
}

/// Whole powers of ten that hold all values.
struct Axis(RangeInclusive<i32>);

impl Axis {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let lowest = values.clone().fold(f64::INFINITY, f64::min);
        let highest = values.fold(f64::NEG_INFINITY, f64::max);
        let (first, last) = (lowest.log10().floor(), highest.log10().ceil());
        Self(first as i32..=last.max(first + 1.0) as i32)
    }

    /// From 0 at the first power to 1 at the last.
    fn share(&self, value: f64) -> f64 {
        let (first, last) = (f64::from(*self.0.start()), f64::from(*self.0.end()));
        (value.log10() - first) / (last - first)
    }
}

/// The plot, without the panels for which nothing was measured.
pub fn svg(plot: &Plot) -> String {
    let has_points = |panel: &&Panel| panel.lines.iter().any(|(_, points)| !points.is_empty());
    let panels: Vec<&Panel> = plot.panels.iter().filter(has_points).collect();
    let points = panels.iter().flat_map(|panel| &panel.lines);
    let points = points.flat_map(|(_, points)| points);
    let x_axis = Axis::of(points.clone().map(|(n_postings, _)| *n_postings as f64));
    let y_axis = Axis::of(points.map(|(_, quantity)| *quantity));
    let n_panels = panels.len() as f64;
    let width = LEFT + n_panels * PANEL_WIDTH + (n_panels - 1.0).max(0.0) * GAP + RIGHT;
    let height = TOP + PANEL_HEIGHT + BOTTOM;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{title}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n",
        title = plot.title
    );
    let middle = TOP + PANEL_HEIGHT / 2.0;
    text(
        &mut svg,
        [16.0, middle],
        "middle",
        plot.y_title,
        &format!(" transform=\"rotate(-90 16 {middle})\""),
    );
    text(
        &mut svg,
        [LEFT + (width - LEFT - RIGHT) / 2.0, height - 10.0],
        "middle",
        "postings per request",
        "",
    );
    legend(&mut svg, &panels);
    for (number, panel) in panels.iter().enumerate() {
        let left = LEFT + number as f64 * (PANEL_WIDTH + GAP);
        draw(&mut svg, panel, left, &x_axis, &y_axis, number == 0);
    }
    svg.push_str("</svg>\n");
    svg
}

/// The peers in the order of their lines.
fn legend(svg: &mut String, panels: &[&Panel]) {
    let mut left = LEFT;
    for (peer, _) in panels.first().into_iter().flat_map(|panel| &panel.lines) {
        line(svg, *peer, &[[left, 18.0], [left + 34.0, 18.0]]);
        text(svg, [left + 42.0, 22.0], "start", peer.title(), "");
        left += 58.0 + 8.0 * peer.title().len() as f64;
    }
}

fn draw(
    svg: &mut String,
    panel: &Panel,
    left: f64,
    x_axis: &Axis,
    y_axis: &Axis,
    has_labels: bool,
) {
    let bottom = TOP + PANEL_HEIGHT;
    let x_of = |value: f64| left + x_axis.share(value) * PANEL_WIDTH;
    let y_of = |value: f64| bottom - y_axis.share(value) * PANEL_HEIGHT;
    text(
        svg,
        [left, TOP - 12.0],
        "start",
        panel.title,
        " class=\"title\"",
    );
    for power in x_axis.0.clone() {
        let value = 10_f64.powi(power);
        grid(svg, [x_of(value), TOP], [x_of(value), bottom]);
        text(
            svg,
            [x_of(value), bottom + 18.0],
            "middle",
            &label(power),
            "",
        );
    }
    for power in y_axis.0.clone() {
        let y = y_of(10_f64.powi(power));
        grid(svg, [left, y], [left + PANEL_WIDTH, y]);
        if has_labels {
            text(svg, [left - 8.0, y + 4.0], "end", &label(power), "");
        }
    }
    // The first is ours, and wider: where lines coincide, the others are drawn on it.
    for (peer, points) in &panel.lines {
        let at =
            |(n_postings, quantity): &(usize, f64)| [x_of(*n_postings as f64), y_of(*quantity)];
        let points: Vec<[f64; 2]> = points.iter().map(at).collect();
        line(svg, *peer, &points);
    }
}

/// `0.01`, `1`, `10,000`.
fn label(power: i32) -> String {
    match u32::try_from(power) {
        Ok(power) => grouped(10_usize.pow(power)),
        Err(_) => format!("{:.*}", power.unsigned_abs() as usize, 10_f64.powi(power)),
    }
}

fn line(svg: &mut String, peer: Peer, points: &[[f64; 2]]) {
    let places: Vec<String> = points
        .iter()
        .map(|[x, y]| format!("{x:.1},{y:.1}"))
        .collect();
    let (class, colour) = (class(peer), colour(peer));
    writeln!(
        svg,
        "<polyline class=\"line {class}\" stroke=\"{colour}\" points=\"{}\"/>",
        places.join(" ")
    )
    .expect("memory takes all bytes");
    for [x, y] in points {
        writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
        )
        .expect("memory takes all bytes");
    }
}

fn grid(svg: &mut String, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
    writeln!(
        svg,
        "<path class=\"grid\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>"
    )
    .expect("memory takes all bytes");
}

/// `more` is further attributes.
fn text(svg: &mut String, [x, y]: [f64; 2], anchor: &str, text: &str, more: &str) {
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{more}>{text}</text>"
    )
    .expect("memory takes all bytes");
}

#[cfg(test)]
mod tests {
    use super::{Axis, Panel, Plot, label, svg};
    use crate::peer::Peer;

    #[test]
    fn axis_holds_all_values_between_powers_of_ten() {
        let axis = Axis::of([0.04, 2.0].into_iter());
        assert_eq!(axis.0, -2..=1);
        assert_eq!([0.01, 10.0].map(|value| axis.share(value)), [0.0, 1.0]);
        assert_eq!(Axis::of([1.0].into_iter()).0, 0..=1);
    }

    #[test]
    fn labels_are_plain_numbers() {
        assert_eq!([-2, 0, 4].map(label), ["0.01", "1", "10,000"]);
    }

    #[test]
    fn panels_without_points_are_left_out() {
        let panel = |title, points: &[(usize, f64)]| Panel {
            title,
            lines: vec![(Peer::JobsIngest, points.to_vec())],
        };
        let plot = Plot {
            title: "Time",
            y_title: "ms",
            panels: vec![
                panel("first load", &[(100, 7.0), (1_000, 21.0)]),
                panel("re-post", &[]),
            ],
        };
        let svg = svg(&plot);
        assert!(
            svg.contains("first load") && !svg.contains("re-post"),
            "{svg}"
        );
        // Two in the legend, two on the line.
        assert_eq!(svg.matches("<circle").count(), 4, "{svg}");
    }
}
