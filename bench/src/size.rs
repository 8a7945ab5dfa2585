//! What is deployed: its bytes, and its start-up time.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use tempfile::TempDir;
use xtask::process::{self, Hints};
use xtask::project;

use crate::peers_code;
use crate::result::Size;
use crate::stats::Summary;

pub fn size() -> Size {
    let read = |name: &str| fs::read(peers_code::product().join(name)).expect("a built Worker");
    let (wasm, js) = (read("index_bg.wasm"), read("index.js"));
    Size {
        wasm_bytes: wasm.len(),
        wasm_gzip_bytes: gzip_bytes(&wasm),
        js_bytes: js.len(),
        js_gzip_bytes: gzip_bytes(&js),
        startup_ms: startup_ms(),
    }
}

fn gzip_bytes(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes all bytes");
    encoder.finish().expect("memory takes all bytes").len()
}

/// V8's CPU profile, times in microseconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    nodes: Vec<Node>,
    samples: Vec<u64>,
    time_deltas: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: u64,
    call_frame: CallFrame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame {
    function_name: String,
}

/// The median of five `wrangler check startup`.
fn startup_ms() -> f64 {
    let folder = TempDir::with_prefix("jobs-ingest-startup-").expect("a temporary folder");
    let file = folder.path().join("startup.cpuprofile");
    let times: Vec<f64> = (0..5)
        .map(|_| {
            let mut command = project::wrangler().expect("a command of the project");
            command
                .args(["check", "startup", "--outfile"])
                .arg(&file)
                .stdout(std::io::stderr());
            process::run(&mut command, "wrangler check startup", Hints::OUR_TOOL)
                .unwrap_or_else(|error| panic!("{error}"));
            busy_ms(&file)
        })
        .collect();
    Summary::of(&times).median
}

fn busy_ms(file: &Path) -> f64 {
    let text = fs::read_to_string(file).expect("the profile");
    let profile: Profile = serde_json::from_str(&text).expect("V8's format of profiles");
    let is_idle = |id: &u64| {
        profile
            .nodes
            .iter()
            .find(|node| node.id == *id)
            .is_some_and(|node| {
                matches!(node.call_frame.function_name.as_str(), "(idle)" | "(root)")
            })
    };
    let samples = profile.samples.iter().zip(&profile.time_deltas);
    let busy = samples.filter(|(id, _)| !is_idle(id));
    busy.map(|(_, us)| us).sum::<f64>() / 1e3
}
