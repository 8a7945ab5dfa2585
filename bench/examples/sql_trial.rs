#![allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing
)]
use jobs_ingest_bench::{floor, workload::*};
use jobs_ingest_core::{field::FIELDS, ingest::prepare, media::BodyFormat, sql::UPSERT};
use rusqlite::Connection;
fn cpu() -> f64 {
    let t = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    t.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}
fn feed(kind: Kind, n: usize, v: u64, re: bool) -> Vec<u8> {
    Feed {
        kind,
        n_postings: n,
        ids: Ids::Client(1),
        version: v,
        is_repost: re,
    }
    .body(Encoding::Json)
}
fn params(b: &[u8]) -> Vec<String> {
    prepare(b, BodyFormat::Json).unwrap().params
}
fn rechunk(ps: &[String], target: usize) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    let mut cur = String::from("[");
    for p in ps {
        let rows: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(p).unwrap();
        for r in rows {
            if cur.len() + r.get().len() + 1 > target && cur.len() > 1 {
                cur.pop();
                cur.push(']');
                out.push(std::mem::replace(&mut cur, String::from("[")));
            }
            cur.push_str(r.get());
            cur.push(',');
        }
    }
    cur.pop();
    cur.push(']');
    out.push(cur);
    out
}
fn objects(ps: &[String]) -> Vec<String> {
    ps.iter()
        .map(|p| {
            let rows: Vec<Vec<serde_json::Value>> = serde_json::from_str(p).unwrap();
            let o: Vec<serde_json::Map<String, serde_json::Value>> = rows
                .into_iter()
                .map(|r| FIELDS.iter().map(|f| f.column.to_string()).zip(r).collect())
                .collect();
            serde_json::to_string(&o).unwrap()
        })
        .collect()
}
fn sorted(ps: &[String]) -> Vec<String> {
    let mut all: Vec<Vec<serde_json::Value>> = ps
        .iter()
        .flat_map(|p| serde_json::from_str::<Vec<Vec<serde_json::Value>>>(p).unwrap())
        .collect();
    all.sort_by(|a, b| a[0].as_str().cmp(&b[0].as_str()));
    rechunk(&[serde_json::to_string(&all).unwrap()], 1_500_000)
}
fn main() {
    let n_rounds: usize = std::env::args().nth(1).map_or(5, |x| x.parse().unwrap());
    println!("sqlite {}", rusqlite::version());
    let cur = UPSERT.as_str();
    let (head, tail) = cur.split_once("\nSELECT ").unwrap();
    let (_, tail) = tail.split_once("FROM json_each(?1) WHERE true").unwrap();
    let sel = |f: &dyn Fn(usize) -> String| (0..11).map(|i| f(i)).collect::<Vec<_>>().join(", ");
    let v = |i: usize| format!("v ->> {i}");
    let variants: Vec<(&str, String, &str)> = vec![
        ("current", cur.to_string(), "a"),
        (
            "json_extract",
            format!(
                "{head}\nSELECT {}, ?2, ?2 FROM json_each(?1) WHERE true{tail}",
                sel(&|i| format!("json_extract(value,'$[{i}]')"))
            ),
            "a",
        ),
        (
            "value once",
            format!(
                "{head}\nSELECT {}, ?2, ?2 FROM (SELECT value AS v FROM json_each(?1) LIMIT -1) WHERE true{tail}",
                sel(&v)
            ),
            "a",
        ),
        (
            "jsonb(value) once",
            format!(
                "{head}\nSELECT {}, ?2, ?2 FROM (SELECT jsonb(value) AS v FROM json_each(?1) LIMIT -1) WHERE true{tail}",
                sel(&v)
            ),
            "a",
        ),
        (
            "jsonb_each",
            format!(
                "{head}\nSELECT {}, ?2, ?2 FROM jsonb_each(?1) WHERE true{tail}",
                sel(&|i| format!("value ->> {i}"))
            ),
            "a",
        ),
        (
            "jsonb_each once",
            format!(
                "{head}\nSELECT {}, ?2, ?2 FROM (SELECT value AS v FROM jsonb_each(?1) LIMIT -1) WHERE true{tail}",
                sel(&v)
            ),
            "a",
        ),
        (
            "objects",
            format!(
                "{head}\nSELECT {}, ?2, ?2 FROM json_each(?1) WHERE true{tail}",
                sel(&|i| format!("value ->> '{}'", FIELDS[i].column))
            ),
            "o",
        ),
        (
            "jsonb once, sorted",
            format!(
                "{head}\nSELECT {}, ?2, ?2 FROM (SELECT jsonb(value) AS v FROM json_each(?1) LIMIT -1) WHERE true{tail}",
                sel(&v)
            ),
            "s",
        ),
        (
            "jsonb once, 250 KB",
            format!(
                "{head}\nSELECT {}, ?2, ?2 FROM (SELECT jsonb(value) AS v FROM json_each(?1) LIMIT -1) WHERE true{tail}",
                sel(&v)
            ),
            "250",
        ),
        ("current, 250 KB", cur.to_string(), "250"),
        ("current, 500 KB", cur.to_string(), "500"),
    ];
    for (kind, n, name) in [(Kind::Small, 10_000, "small"), (Kind::Real, 2_000, "real")] {
        let bodies: Vec<Vec<String>> = [(1, false), (2, false), (2, true)]
            .iter()
            .map(|(v, r)| params(&feed(kind, n, *v, *r)))
            .collect();
        let forms = |f: &str| -> Vec<Vec<String>> {
            bodies
                .iter()
                .map(|b| match f {
                    "a" => b.clone(),
                    "o" => objects(b),
                    "s" => sorted(b),
                    t => rechunk(b, t.parse::<usize>().unwrap() * 1000),
                })
                .collect()
        };
        let mut res: Vec<[Vec<f64>; 3]> = vec![Default::default(); variants.len()];
        let dir = tempfile::tempdir().unwrap();
        let mut conns: Vec<Connection> = variants
            .iter()
            .enumerate()
            .map(|(i, _)| {
                let c = floor::open(&dir.path().join(format!("{i}.db")));
                c.execute_batch(
                    &std::fs::read_to_string("migrations/0001_create_jobs.sql").unwrap(),
                )
                .unwrap();
                c
            })
            .collect();
        let data: Vec<Vec<Vec<String>>> = variants.iter().map(|(_, _, f)| forms(f)).collect();
        for round in 0..=n_rounds {
            for c in &conns {
                c.execute_batch("DELETE FROM jobs; PRAGMA wal_checkpoint(TRUNCATE);")
                    .unwrap();
            }
            for op in 0..3 {
                for k in 0..variants.len() {
                    let i = (k + round) % variants.len();
                    let (_, sql, _) = &variants[i];
                    let t = cpu();
                    let tx = conns[i].transaction().unwrap();
                    for p in &data[i][op] {
                        match tx.prepare_cached(sql) {
                            Ok(mut s) => {
                                s.execute((p, "2026-11-22T12:00:00.000Z")).unwrap();
                            }
                            Err(e) => {
                                if round == 0 {
                                    println!("{}: {e}", variants[i].0);
                                }
                            }
                        }
                    }
                    tx.commit().unwrap();
                    if round > 0 {
                        res[i][op].push(cpu() - t);
                    }
                }
            }
        }
        println!("{name}: cpu ms load/change/repost");
        for (i, (nm, _, _)) in variants.iter().enumerate() {
            let m: Vec<String> = res[i]
                .iter()
                .map(|v| {
                    let mut v = v.clone();
                    v.sort_by(f64::total_cmp);
                    format!("{:7.1} (min {:6.1})", v[v.len() / 2], v[0])
                })
                .collect();
            println!("  {nm:22} {}", m.join("  "));
        }
    }
}
