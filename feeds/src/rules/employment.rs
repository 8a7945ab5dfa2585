//! Employment types: the words of schema.org.

/// The word of schema.org, or none where the text does not state the hours or the kind: "permanent" is
/// a contract without an end, not 40 hours.
pub fn word(text: &str) -> Option<&'static str> {
    Some(match super::letters(text).as_str() {
        "fulltime"
        | "fulltimeemployee"
        | "fulltimeregular"
        | "regularfulltime"
        | "regularfulltimesalary"
        | "fulltimepermanent"
        | "permanentfulltime"
        | "fulltimefixedterm"
        | "salariedft"
        | "full"
        | "vollzeit"
        | "tempsplein"
        | "efetivotempointeiro" => "FULL_TIME",
        "parttime" | "parttimeemployee" | "parttimeregular" | "regularparttime"
        | "parttimepermanent" | "permanentparttime" | "parttimefixedterm" | "part" | "teilzeit"
        | "tempspartiel" | "minijob" => "PART_TIME",
        "contract"
        | "contractor"
        | "freelance"
        | "freelancer"
        | "independentcontractor"
        | "independentcontractorft"
        | "contracttohire" => "CONTRACTOR",
        "temporary" | "temp" => "TEMPORARY",
        "intern" | "internship" | "trainee" | "apprenticeship" | "praktikum" => "INTERN",
        "volunteer" => "VOLUNTEER",
        "perdiem" => "PER_DIEM",
        "other" => "OTHER",
        _ => return None,
    })
}

/// The words of several texts, in the order of the alphabet, joined by "; ".
pub fn words<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<String> {
    let mut words: Vec<&str> = texts.into_iter().filter_map(word).collect();
    words.sort_unstable();
    words.dedup();
    (!words.is_empty()).then(|| words.join("; "))
}
