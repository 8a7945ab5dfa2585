//! What D1 refuses when a statement is prepared, from the lists in workerd's `sqlite.c++`.

use rusqlite::hooks::{AuthAction, AuthContext};

/// A rule of D1 that a statement can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Temporary objects, ATTACH, VACUUM, reserved names and foreign virtual tables.
    Object,
    Pragma,
    Function,
    /// BEGIN, COMMIT, SAVEPOINT and the like.
    Transaction,
    /// One of [`crate::limits`], or a parameter without a value.
    Limit,
}

/// A refusal: the rule, and what was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied {
    pub rule: Rule,
    pub message: String,
}

/// Functions that D1 allows. It refuses `load_extension` and `sqlite_version`, and is built without
/// `soundex`.
const FUNCTIONS: &[&str] = &[
    "abs",
    "changes",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "format",
    "glob",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "last_insert_rowid",
    "length",
    "like",
    "likelihood",
    "likely",
    "lower",
    "ltrim",
    "max_scalar",
    "min_scalar",
    "nullif",
    "octet_length",
    "printf",
    "quote",
    "random",
    "randomblob",
    "replace",
    "round",
    "rtrim",
    "sign",
    "substr",
    "substring",
    "total_changes",
    "trim",
    "typeof",
    "unhex",
    "unicode",
    "unlikely",
    "upper",
    "zeroblob",
    "date",
    "time",
    "datetime",
    "julianday",
    "unixepoch",
    "strftime",
    "timediff",
    "current_date",
    "current_time",
    "current_timestamp",
    "avg",
    "count",
    "group_concat",
    "max",
    "min",
    "string_agg",
    "sum",
    "total",
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "cos",
    "cosh",
    "degrees",
    "exp",
    "floor",
    "ln",
    "log",
    "log2",
    "mod",
    "pi",
    "pow",
    "radians",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "->",
    "->>",
    "json_insert",
    "json_object",
    "json_patch",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "json_quote",
    "json_group_array",
    "json_group_object",
    "jsonb",
    "jsonb_array",
    "jsonb_extract",
    "jsonb_insert",
    "jsonb_object",
    "jsonb_patch",
    "jsonb_remove",
    "jsonb_replace",
    "jsonb_set",
    "jsonb_group_array",
    "jsonb_group_object",
    "json_each",
    "json_tree",
    "match",
    "highlight",
    "bm25",
    "snippet",
    "rtreecheck",
    "sqlite_rename_column",
    "sqlite_rename_table",
    "sqlite_rename_test",
    "sqlite_drop_column",
    "sqlite_rename_quotefix",
];

/// The argument of a pragma.
enum Argument {
    /// None.
    Never,
    /// None, or a new setting.
    Switch,
    /// The name of a table or index.
    Name,
    /// None, or anything.
    Any,
    /// None, or a number.
    Number,
}

/// Pragmas that D1 allows.
const PRAGMAS: &[(&str, Argument)] = &[
    ("case_sensitive_like", Argument::Switch),
    ("foreign_keys", Argument::Switch),
    ("defer_foreign_keys", Argument::Switch),
    ("ignore_check_constraints", Argument::Switch),
    ("legacy_alter_table", Argument::Switch),
    ("recursive_triggers", Argument::Switch),
    ("reverse_unordered_selects", Argument::Switch),
    ("foreign_key_list", Argument::Name),
    ("index_info", Argument::Name),
    ("index_list", Argument::Name),
    ("index_xinfo", Argument::Name),
    ("table_info", Argument::Name),
    ("table_xinfo", Argument::Name),
    ("foreign_key_check", Argument::Any),
    ("quick_check", Argument::Any),
    ("table_list", Argument::Any),
    ("optimize", Argument::Number),
    ("data_version", Argument::Never),
    ("page_size", Argument::Never),
];

/// Values of an [`Argument::Switch`].
const SWITCHES: &[&str] = &["on", "off", "true", "false", "yes", "no", "1", "0"];

impl Argument {
    fn takes(&self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Name, None) => false,
            (_, None) | (Self::Name | Self::Any, Some(_)) => true,
            (Self::Never, Some(_)) => false,
            (Self::Switch, Some(value)) => has(SWITCHES, value),
            (Self::Number, Some(value)) => {
                let digits = value.strip_prefix('-').unwrap_or(value);
                digits.starts_with(|c: char| c.is_ascii_digit())
            }
        }
    }
}

const MODULES: &[&str] = &["fts5", "fts5vocab", "rtree", "rtree_i32"];

/// Returns the rule that `context` breaks, if any.
pub(crate) fn check(context: &AuthContext<'_>) -> Option<Denied> {
    use AuthAction as A;
    let denied = |rule, message: String| Some(Denied { rule, message });
    match context.action {
        A::Attach { .. } | A::Detach { .. } => denied(
            Rule::Object,
            "ATTACH, DETACH and VACUUM are refused by D1".into(),
        ),
        A::CreateTempIndex { .. }
        | A::CreateTempTable { .. }
        | A::CreateTempTrigger { .. }
        | A::CreateTempView { .. }
        | A::DropTempIndex { .. }
        | A::DropTempTable { .. }
        | A::DropTempTrigger { .. }
        | A::DropTempView { .. } => {
            denied(Rule::Object, "temporary objects are refused by D1".into())
        }
        A::CreateVtable { module_name, .. } if !has(MODULES, module_name) => denied(
            Rule::Object,
            format!("virtual tables of {module_name} are refused by D1"),
        ),
        A::Pragma {
            pragma_name,
            pragma_value,
        } if !PRAGMAS.iter().any(|(name, argument)| {
            name.eq_ignore_ascii_case(pragma_name) && argument.takes(pragma_value)
        }) =>
        {
            let value = pragma_value.map_or(String::new(), |value| format!(" = {value}"));
            denied(
                Rule::Pragma,
                format!("PRAGMA {pragma_name}{value} is refused by D1"),
            )
        }
        A::Function { function_name } if !has(FUNCTIONS, function_name) => denied(
            Rule::Function,
            format!("the function {function_name} is refused by D1"),
        ),
        A::Transaction { .. } | A::Savepoint { .. } => denied(
            Rule::Transaction,
            "transaction statements are refused by D1".into(),
        ),
        A::CreateTable { table_name }
        | A::DropTable { table_name }
        | A::AlterTable { table_name, .. }
        | A::Insert { table_name }
        | A::Update { table_name, .. }
        | A::Delete { table_name }
        | A::Read { table_name, .. }
            if table_name
                .get(..4)
                .is_some_and(|head| head.eq_ignore_ascii_case("_cf_")) =>
        {
            denied(
                Rule::Object,
                format!("{table_name}: names that begin with _cf_ belong to D1"),
            )
        }
        _ => None,
    }
}

fn has(list: &[&str], name: &str) -> bool {
    list.iter().any(|one| one.eq_ignore_ascii_case(name))
}
