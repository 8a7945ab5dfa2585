//! What bodies claim about the completeness of their list, and the verdict.

use url::Url;

use crate::findings::{Completeness, Findings, Gap};
use crate::format::Spec;
use crate::request::Request;

/// What one body states about its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The whole list, by the contract of the API call.
    Full(&'static str),
    /// The feed's own counter, if this body has it.
    Counter {
        name: &'static str,
        stated: Option<u64>,
        how: &'static str,
    },
    /// A page that names the next one.
    Page,
    /// A single posting of a site.
    Single,
    /// No claim.
    Nothing(&'static str),
}

/// Combines the claims of all bodies of a list. Reasons that may hide postings come first.
pub(crate) fn completeness(
    spec: &Spec,
    request: &Request,
    claims: &[Claim],
    findings: &Findings,
) -> Completeness {
    let incomplete = |why| Completeness::Incomplete { why };
    let hidden = findings.n_hidden();
    if hidden > 0 {
        return incomplete(Gap::Hidden { rows: hidden });
    }
    if let Some(parameter) = filter_of(spec, request) {
        return incomplete(Gap::Filtered { parameter });
    }
    if claims.contains(&Claim::Single) {
        return incomplete(Gap::Single);
    }
    let counted = claims.iter().rev().find_map(|claim| match claim {
        Claim::Counter { name, stated, how } => Some((*name, *stated, *how)),
        _ => None,
    });
    if let Some((name, Some(stated), _)) = counted {
        let rows = findings.n_rows;
        if stated != rows {
            return incomplete(Gap::Counter { name, stated, rows });
        }
    }
    if claims.len() > 1 && counted.is_some() && findings.n_merged > 0 {
        let rows = findings.n_merged;
        return incomplete(Gap::Overlap { rows });
    }
    if findings.n_postings == 0 {
        return incomplete(Gap::Empty);
    }
    if let Some(why) = claims.iter().find_map(|claim| match claim {
        Claim::Nothing(why) => Some(*why),
        _ => None,
    }) {
        return Completeness::Unknown { why };
    }
    let n_pages = claims.iter().filter(|claim| **claim == Claim::Page).count();
    // Every page but the last names the next one.
    if n_pages > 0 && n_pages + 1 != claims.len() {
        return incomplete(Gap::Page);
    }
    match counted {
        Some((_, Some(_), how)) => Completeness::Complete { how },
        Some((_, None, _)) => Completeness::Unknown {
            why: "the body has no counter to check its rows against",
        },
        None => claims
            .iter()
            .find_map(|claim| match claim {
                Claim::Full(how) => Some(Completeness::Complete { how }),
                _ => None,
            })
            .unwrap_or(Completeness::Unknown {
                why: "there is no body",
            }),
    }
}

/// Returns a parameter of the call that selects a part of the list.
fn filter_of(spec: &Spec, request: &Request) -> Option<String> {
    let harmless = spec.parameters?;
    let url = Url::parse(request.url.as_deref()?).ok()?;
    url.query_pairs()
        .map(|(name, _)| name.into_owned())
        .find(|name| !harmless.contains(&name.as_str()))
}
