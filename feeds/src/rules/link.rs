//! URLs: http and https, without parameters that track.

use url::Url;

/// Most bytes of a URL: the limit of the Worker, in characters, of which a URL has ASCII alone.
pub const MAX_URL_BYTES: usize = 2_048;

/// A URL to show, or none if it is not http or https or is too long. It stays as it was written but for
/// parameters that track, which change from build to build.
pub fn shown(text: &str) -> Option<String> {
    let text = text.trim();
    let parsed = Url::parse(text).ok().filter(is_web)?;
    let has_blanks = text.bytes().any(|byte| byte <= b' ') || !text.is_ascii();
    let shown = match without_tracking(&parsed, is_tracking) {
        Some(cleaned) => cleaned.into(),
        None if has_blanks => parsed.into(),
        None => text.to_owned(),
    };
    (shown.len() <= MAX_URL_BYTES).then_some(shown)
}

/// A URL to serve as an id: normalised, without fragment and parameters that name the referrer.
pub fn canonical(text: &str) -> Option<String> {
    let mut parsed = Url::parse(text.trim()).ok().filter(is_web)?;
    parsed.set_fragment(None);
    let is_referrer = |name: &str| is_tracking(name) || name == "ref";
    Some(
        without_tracking(&parsed, is_referrer)
            .unwrap_or(parsed)
            .into(),
    )
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some()
}

fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_")
        || matches!(
            name,
            "gh_src" | "lever-source" | "lever-origin" | "gclid" | "fbclid" | "msclkid"
        )
}

/// The URL without the parameters that `drops` names; none if it has none of them.
fn without_tracking(url: &Url, drops: impl Fn(&str) -> bool) -> Option<Url> {
    let query = url.query()?;
    let keeps = |pair: &&str| !drops(pair.split('=').next().unwrap_or_default());
    let kept: Vec<&str> = query.split('&').filter(keeps).collect();
    if kept.len() == query.split('&').count() {
        return None;
    }
    let mut cleaned = url.clone();
    cleaned.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
    Some(cleaned)
}
