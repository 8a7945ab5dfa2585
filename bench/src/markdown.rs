//! Tables and numbers as Markdown.

use std::fmt::Write as _;

use crate::stats::Summary;

/// A Markdown table whose columns are aligned, so that it is readable on a terminal, too.
pub struct Table {
    title: String,
    lines: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            lines: vec![columns.iter().map(|column| (*column).to_owned()).collect()],
        }
    }

    pub fn column(&mut self, name: &str) {
        self.lines[0].push(name.to_owned());
    }

    pub fn line(&mut self, cells: Vec<String>) {
        self.lines.push(cells);
    }

    pub fn finish(self) -> String {
        let n_columns = self.lines[0].len();
        let width = |column: usize| {
            let cells = self.lines.iter().filter_map(|line| line.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(3)
        };
        let widths: Vec<usize> = (0..n_columns).map(width).collect();
        let mut text = format!("### {}\n\n", self.title);
        for (number, line) in self.lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(&widths) {
                write!(text, "| {cell:width$} ").expect("memory takes all bytes");
            }
            text.push_str("|\n");
            if number == 0 {
                for width in &widths {
                    write!(text, "|{}", "-".repeat(width + 2)).expect("memory takes all bytes");
                }
                text.push_str("|\n");
            }
        }
        text.push('\n');
        text
    }
}

/// `123 (120–130)`: the median and the quartiles, rounded to three digits or so.
pub fn range(summary: &Summary) -> String {
    let digits = match summary.median {
        median if median < 10.0 => 2,
        median if median < 100.0 => 1,
        _ => 0,
    };
    format!(
        "{:.digits$} ({:.digits$}–{:.digits$})",
        summary.median, summary.q1, summary.q3
    )
}

/// `10,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_have_a_comma() {
        let numbers = [0, 999, 1_000, 12_345, 1_000_000].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "12,345", "1,000,000"]);
    }
}
