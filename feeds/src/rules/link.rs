//! URLs: http and https, without tracking parameters.

use url::Url;

/// Maximum length of a URL: the limit of the Worker in characters; a URL is ASCII.
pub const MAX_URL_BYTES: usize = 2_048;

/// A URL for display, as the Worker accepts it; `None` if it is not http or https or is too long.
/// Unchanged except that tracking parameters, which change from build to build, are removed, and that
/// what browsers repair is repaired: `https:/host`, blanks, `\`, `<`.
pub fn shown(text: &str) -> Option<String> {
    let text = text.trim();
    let parsed = Url::parse(text).ok().filter(is_web)?;
    let shown = match without_tracking(&parsed, is_tracking) {
        None if is_plain(text) => text.to_owned(),
        // A `\` in a query is not escaped by the serialisation.
        cleaned => String::from(cleaned.unwrap_or(parsed)).replace('\\', "%5C"),
    };
    (is_plain(&shown) && shown.len() <= MAX_URL_BYTES).then_some(shown)
}

/// Whether the Worker accepts a URL: scheme, `//` and a host, and only characters that URLs may have.
fn is_plain(url: &str) -> bool {
    let host = ["https://", "http://"].iter().find_map(|scheme| {
        let (start, host) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(host)
    });
    let is_host = |host: &str| host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    let is_in_url = |byte: u8| byte.is_ascii_graphic() && !b"\"\\<>".contains(&byte);
    host.is_some_and(is_host) && url.bytes().all(is_in_url)
}

/// A URL for use as an id: normalised, without fragment and referrer parameters.
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

/// The URL without the parameters that `drops` selects; `None` if it has none of them.
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
