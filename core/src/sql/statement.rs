//! A statement with its parameters.

use std::borrow::Cow;

/// One statement: its text and its parameters, `?1` first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<V> {
    pub sql: Cow<'static, str>,
    pub params: Vec<V>,
}

impl<V> Statement<V> {
    pub fn new(sql: impl Into<Cow<'static, str>>, params: impl Into<Vec<V>>) -> Self {
        Self {
            sql: sql.into(),
            params: params.into(),
        }
    }
}
