//! The machine and the versions of a run.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xtask::project;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    pub date: String,
    pub processor: String,
    pub n_cores: usize,
    pub memory_gib: f64,
    pub system: String,
    pub rustc: String,
    pub node: String,
    pub wrangler: String,
    pub workerd: String,
    pub sqlite_of_floor: String,
    pub drizzle: String,
    pub commit: String,
    /// Processors that other work kept busy just before the run.
    pub n_busy_before: f64,
}

pub fn machine() -> Machine {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let after = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or_else(
            || "unknown".to_owned(),
            |(_, value)| value.trim().to_owned(),
        )
    };
    let kib: f64 = after(&meminfo, "MemTotal")
        .trim_end_matches(" kB")
        .parse()
        .unwrap_or_default();
    Machine {
        date: said_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        processor: after(&cpuinfo, "model name"),
        n_cores: thread::available_parallelism().map_or(0, usize::from),
        memory_gib: (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0,
        system: said_by("uname", &["-sr"]),
        rustc: said_by("rustc", &["--version"]),
        node: package_version("node_modules/node"),
        wrangler: package_version("node_modules/wrangler"),
        workerd: package_version("node_modules/workerd"),
        sqlite_of_floor: rusqlite::version().to_owned(),
        drizzle: package_version("bench/peers/node_modules/drizzle-orm"),
        commit: said_by("git", &["rev-parse", "--short", "HEAD"]),
        n_busy_before: n_busy(Duration::from_secs(3)),
    }
}

/// How many processors are busy while this one waits. The load average would count the benchmark's own
/// build.
fn n_busy(time: Duration) -> f64 {
    // user nice system idle iowait irq softirq steal, in hundredths of a second
    let ticks = || {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let values = stat.lines().next().unwrap_or_default().split_whitespace();
        let values: Vec<f64> = values.filter_map(|value| value.parse().ok()).collect();
        let idle: f64 = values.iter().skip(3).take(2).sum();
        values.iter().take(8).sum::<f64>() - idle
    };
    let before = ticks();
    thread::sleep(time);
    (ticks() - before) / 100.0 / time.as_secs_f64()
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(project::root())
        .output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn package_version(folder: &str) -> String {
    let text = fs::read_to_string(project::root().join(folder).join("package.json"));
    let package: Option<serde_json::Value> =
        text.ok().and_then(|text| serde_json::from_str(&text).ok());
    package
        .and_then(|package| package["version"].as_str().map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}
