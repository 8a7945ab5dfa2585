//! Places of work: one text for all, parts of the main one, and all in `extra.locations`.

use serde_json::{Map, Value};
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The place as text, if the feed has one.
    pub name: Option<String>,
    pub locality: Option<String>,
    pub region: Option<String>,
    /// The country as written in the feed.
    pub country_text: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<&'static str>,
}

impl Place {
    /// A place known only as text.
    pub fn named(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The place as text: its name, or "locality, region, country".
    pub fn text(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in [&self.locality, &self.region, &self.country_text] {
            if let Some(part) = part.as_deref().filter(|part| !parts.contains(part)) {
                parts.push(part);
            }
        }
        parts.join(", ")
    }

    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let texts = [
            ("name", Some(self.text())),
            ("locality", self.locality.clone()),
            ("region", self.region.clone()),
            ("country", self.country.map(str::to_owned)),
        ];
        for (key, text) in texts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                fields.insert(key.to_owned(), Value::String(text));
            }
        }
        Value::Object(fields)
    }
}

/// Splits a text of several places. Does not split at commas, which are parts of places.
pub fn split(text: &str) -> Vec<Place> {
    text.split(['|', ';'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(Place::named)
        .collect()
}

/// The main place first, then the others sorted by text, without repetitions: a feed's order may
/// change from call to call.
pub fn in_order(main: Option<Place>, mut others: Vec<Place>) -> Vec<Place> {
    others.sort_by_cached_key(Place::text);
    let mut places: Vec<Place> = main.into_iter().chain(others).collect();
    places.retain(|place| !place.is_empty());
    drop_repeated(&mut places);
    places
}

/// Drops places whose text occurred before, keeping the order.
pub fn drop_repeated(places: &mut Vec<Place>) {
    let mut seen = std::collections::HashSet::new();
    places.retain(|place| seen.insert(place.text().to_lowercase()));
}

/// All places as one text.
pub fn joined(places: &[Place]) -> Option<String> {
    let texts: Vec<String> = places
        .iter()
        .map(Place::text)
        .filter(|text| !text.is_empty())
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// All places for `extra.locations`, if there are several.
pub fn to_json(places: &[Place]) -> Option<Value> {
    (places.len() > 1).then(|| Value::Array(places.iter().map(Place::to_json).collect()))
}
