//! `missing=keep`: fields that a posting does not mention keep their stored values. Compared with a
//! model.

use std::collections::BTreeMap;

use jobs_ingest_core::field::{FIELDS, Field};
use jobs_ingest_core::ingest::Rules;
use jobs_ingest_core::options::{Defaults, Missing, Options};
use jobs_ingest_core::outcome::Tally;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::database::Database;
use crate::request::items_by;

fn options(missing: Missing, defaults: Defaults) -> Options {
    Options {
        missing,
        defaults,
        ..Options::default()
    }
}

fn ingest(database: &mut Database, postings: &Value, options: Options, now: &str) -> Tally {
    let rules = Rules {
        missing: options.missing,
        defaults: options.defaults,
        ..Rules::default()
    };
    database.ingest(&items_by(postings, rules), options, now)
}

/// All rows, each value as JSON.
fn table(database: &Database) -> Vec<Vec<Value>> {
    let columns: Vec<&str> = FIELDS.iter().map(|spec| spec.column).collect();
    let sql = format!(
        "SELECT json_array({}) FROM jobs ORDER BY source, external_id",
        columns.join(", ")
    );
    let mut statement = database.d1.connection().prepare(&sql).expect("SQL");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    let parse = |row: d1_sim::rusqlite::Result<String>| {
        let row: Vec<Value> = serde_json::from_str(&row.expect("a row")).expect("JSON");
        row.into_iter().map(without_fraction).collect()
    };
    rows.map(parse).collect()
}

/// SQLite prints the 52000 of a REAL column as 52000.0.
fn without_fraction(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 => json!(number as u64),
        _ => value,
    }
}

#[test]
fn keeps_a_curated_field_and_a_description() {
    let mut database = Database::migrated();
    let keep = options(Missing::Keep, Defaults::Legacy);
    let whole = json!([{ "externalId": "a", "title": "T", "description": "long", "companyId": 7, "isFeatured": true }]);
    ingest(&mut database, &whole, keep, "t1");
    let list = json!([{ "externalId": "a", "title": "T" }]);
    let unchanged = Tally {
        n_unchanged: 1,
        ..Tally::default()
    };
    assert_eq!(ingest(&mut database, &list, keep, "t2"), unchanged);
    let list = json!([{ "externalId": "a", "title": "U", "url": "https://x.example" }]);
    let updated = Tally {
        n_updated: 1,
        ..Tally::default()
    };
    assert_eq!(ingest(&mut database, &list, keep, "t3"), updated);
    let shown =
        "title || ' ' || description || ' ' || company_id || ' ' || is_featured || ' ' || url";
    assert_eq!(
        database.column::<String>(shown),
        ["U long 7 1 https://x.example"]
    );
    // Without `missing=keep` unmentioned fields become the default.
    ingest(
        &mut database,
        &list,
        options(Missing::Default, Defaults::Legacy),
        "t4",
    );
    assert_eq!(database.column::<Option<String>>("description"), [None]);
}

#[test]
fn null_clears_a_field_and_a_missing_value_does_not() {
    let mut database = Database::migrated();
    let keep = options(Missing::Keep, Defaults::None);
    let all: Map<String, Value> = FIELDS
        .iter()
        .map(|spec| {
            let sent = serde_json::from_str(spec.kind.example().sent).expect("JSON");
            (spec.json_name.to_owned(), sent)
        })
        .collect();
    ingest(&mut database, &json!([all]), keep, "t1");
    let stored = table(&database);
    let with = |value: Value| {
        let mut posting = all.clone();
        for spec in &FIELDS[2..] {
            posting.insert(spec.json_name.to_owned(), value.clone());
        }
        posting.remove("isFeatured");
        json!([posting])
    };
    ingest(&mut database, &with(json!(false)), keep, "t2");
    assert_eq!(table(&database), stored);
    ingest(&mut database, &with(json!(null)), keep, "t3");
    let mut cleared: Vec<Value> = FIELDS
        .iter()
        .map(|spec| serde_json::from_str(spec.default_json(Defaults::None)).expect("JSON"))
        .collect();
    for kept in [Field::Source, Field::ExternalId, Field::IsFeatured] {
        cleared[kept as usize] = stored[0][kept as usize].clone();
    }
    assert_eq!(table(&database), [cleared]);
}

#[derive(Debug, Clone)]
struct Request {
    missing: Missing,
    defaults: Defaults,
    /// Id, and what is stated about each field: 0 nothing, 1 null, 2 and 3 values.
    postings: Vec<(u8, Vec<u8>)>,
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let missing = prop::sample::select(vec![Missing::Default, Missing::Keep]);
    let defaults = prop::sample::select(vec![Defaults::Legacy, Defaults::None]);
    let stated = prop_oneof![3 => Just(0_u8), 1 => 1..4_u8];
    let posting = (0..4_u8, prop::collection::vec(stated, FIELDS.len()));
    let request = (missing, defaults, prop::collection::vec(posting, 1..5));
    let request = request.prop_map(|(missing, defaults, postings)| Request {
        missing,
        defaults,
        postings,
    });
    prop::collection::vec(request, 1..6)
}

fn posting((id, stated): &(u8, Vec<u8>)) -> Value {
    let mut posting = Map::from_iter([("externalId".to_owned(), json!(id))]);
    for (spec, stated) in FIELDS.iter().zip(stated).skip(2) {
        let example = spec.kind.example();
        let value = match stated {
            0 => continue,
            1 => "null",
            2 => example.sent,
            _ => example.other,
        };
        let value = serde_json::from_str(value).expect("JSON");
        posting.insert(spec.json_name.to_owned(), value);
    }
    Value::from(posting)
}

/// Applies a request to the model and returns the expected counts.
fn apply(model: &mut BTreeMap<u8, Vec<Value>>, request: &Request) -> Tally {
    let mut tally = Tally::default();
    let last: BTreeMap<u8, &Vec<u8>> = request
        .postings
        .iter()
        .map(|(id, stated)| (*id, stated))
        .collect();
    for (id, stated) in last {
        let stored = model.get(&id);
        let value = |index: usize| -> Value {
            let spec = &FIELDS[index];
            let json = match (stated[index], stored) {
                (2, _) => spec.kind.example().stored,
                (3, _) => spec.kind.example().other,
                (0, Some(stored)) if request.missing == Missing::Keep => {
                    return stored[index].clone();
                }
                _ => spec.default_json(request.defaults),
            };
            // An object is stored as its text.
            let value: Value = serde_json::from_str(json).expect("JSON");
            match value {
                Value::Object(_) => json.into(),
                value => value,
            }
        };
        let mut row: Vec<Value> = (0..FIELDS.len()).map(value).collect();
        row[Field::Source as usize] = "manual".into();
        row[Field::ExternalId as usize] = id.to_string().into();
        match stored {
            None => tally.n_inserted += 1,
            Some(stored) if *stored != row => tally.n_updated += 1,
            Some(_) => tally.n_unchanged += 1,
        }
        model.insert(id, row);
    }
    tally
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn any_sequence_of_requests_matches_the_model(requests in requests()) {
        let mut database = Database::migrated();
        let mut model = BTreeMap::new();
        for request in requests {
            let postings: Vec<Value> = request.postings.iter().map(posting).collect();
            let real = options(request.missing, request.defaults);
            let dry = Options { dry_run: true, ..real };
            let expected = apply(&mut model, &request);
            let predicted = ingest(&mut database, &json!(postings), dry, "t");
            prop_assert_eq!(predicted, expected);
            prop_assert_eq!(ingest(&mut database, &json!(postings), real, "t"), expected);
            prop_assert_eq!(table(&database), model.values().cloned().collect::<Vec<_>>());
        }
    }
}
