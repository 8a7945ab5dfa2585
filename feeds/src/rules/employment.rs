//! Employment types: the words of schema.org.

/// Returns the schema.org word; `None` if the text states neither hours nor kind: "permanent" is a
/// contract without an end, not full time.
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

/// The words of several texts, in alphabetical order, joined by "; ".
pub fn words<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<String> {
    let mut words: Vec<&str> = texts.into_iter().filter_map(word).collect();
    words.sort_unstable();
    words.dedup();
    (!words.is_empty()).then(|| words.join("; "))
}
