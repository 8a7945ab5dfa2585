//! The objects of a schema.

use super::table::{ForeignKey, Table};
use crate::sql::name::same;

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Table,
    Index,
    View,
    Trigger,
}

impl Kind {
    /// The word in SQL and in messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Index => "index",
            Self::View => "view",
            Self::Trigger => "trigger",
        }
    }
}

/// One object.
#[derive(Debug, Clone)]
pub struct Object {
    pub kind: Kind,
    pub name: String,
    /// The table it belongs to; its own name for tables and views.
    pub table: String,
    /// The CREATE statement as `SQLite` keeps it.
    pub sql: String,
    /// The CREATE statement in the spelling for comparisons.
    pub spelling: String,
    /// For ordinary tables.
    pub detail: Option<Table>,
}

/// All objects, in the order of their creation.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    pub objects: Vec<Object>,
}

impl Schema {
    /// The object with this kind and name.
    pub fn find(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.objects
            .iter()
            .find(|one| one.kind == kind && same(&one.name, name))
    }

    /// The table with this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.find(Kind::Table, name)?.detail.as_ref()
    }

    /// All ordinary tables.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.objects.iter().filter_map(|one| one.detail.as_ref())
    }

    /// All objects of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |one| one.kind == kind)
    }

    /// The foreign keys that point at `parent`, with their tables.
    pub fn children<'a>(
        &'a self,
        parent: &'a str,
    ) -> impl Iterator<Item = (&'a Table, &'a ForeignKey)> {
        self.tables().flat_map(move |table| {
            table
                .foreign_keys
                .iter()
                .filter(move |key| same(&key.parent, parent))
                .map(move |key| (table, key))
        })
    }

    /// The parent's columns that a foreign key means.
    pub fn key_columns(&self, key: &ForeignKey) -> Vec<String> {
        if !key.to.is_empty() {
            return key.to.clone();
        }
        self.table(&key.parent).map(Table::key).unwrap_or_default()
    }

    /// Whether both schemas build the same, whatever the order of their objects.
    pub fn same_as(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }

    fn sorted(&self) -> Vec<(Kind, String, &str)> {
        let mut all: Vec<_> = self
            .objects
            .iter()
            .map(|one| {
                (
                    one.kind,
                    one.name.to_ascii_lowercase(),
                    one.spelling.as_str(),
                )
            })
            .collect();
        all.sort();
        all
    }
}
