//! Rows as statements return them.

/// A row of a statement's result: its columns by name. One type for all statements, because each type that rows are
/// deserialised to takes 3 KB of the wasm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResultRow(Vec<(String, ColumnValue)>);

/// The value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnValue {
    /// Also what no statement of ours returns: a negative number or a fraction.
    Null,
    Number(u64),
    Text(String),
}

/// The rows of each statement of a batch.
pub type Results = Vec<Vec<ResultRow>>;

impl ResultRow {
    /// `None` if the row has no such column, or no number in it.
    pub fn number(&self, column: &str) -> Option<u64> {
        match self.value(column)? {
            ColumnValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// `None` if the row has no such column, or no text in it.
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.value(column)? {
            ColumnValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A copy of [`Self::text`].
    pub fn string(&self, column: &str) -> Option<String> {
        self.text(column).map(str::to_owned)
    }

    fn value(&self, column: &str) -> Option<&ColumnValue> {
        let mut columns = self.0.iter();
        columns.find_map(|(name, value)| (name == column).then_some(value))
    }
}

impl FromIterator<(String, ColumnValue)> for ResultRow {
    fn from_iter<I: IntoIterator<Item = (String, ColumnValue)>>(columns: I) -> Self {
        Self(columns.into_iter().collect())
    }
}

impl ColumnValue {
    /// A number as SQLite returns it to JavaScript.
    pub fn of_double(number: f64) -> Self {
        // The cast saturates, so that what is not a whole number from 0 does not survive it.
        let whole = number as u64;
        match whole as f64 == number {
            true => Self::Number(whole),
            false => Self::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_by_name_and_type() {
        let row = ResultRow::from_iter([
            ("n".to_owned(), ColumnValue::of_double(7.0)),
            ("text".to_owned(), ColumnValue::Text("x".to_owned())),
            ("nothing".to_owned(), ColumnValue::Null),
        ]);
        assert_eq!((row.number("n"), row.text("n")), (Some(7), None));
        assert_eq!((row.number("text"), row.text("text")), (None, Some("x")));
        assert_eq!((row.number("nothing"), row.text("other")), (None, None));
    }

    #[test]
    fn counts_are_whole_numbers_from_0() {
        assert_eq!(ColumnValue::of_double(0.0), ColumnValue::Number(0));
        let largest = 2_f64.powi(53);
        assert_eq!(
            ColumnValue::of_double(largest),
            ColumnValue::Number(1 << 53)
        );
        for other in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
            assert_eq!(ColumnValue::of_double(other), ColumnValue::Null, "{other}");
        }
    }
}
