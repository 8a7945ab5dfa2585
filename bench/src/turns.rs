//! A B C A B C …: a disturbance of the machine affects all.

/// Calls `measure` for each subject in turn; each round starts with another one. The first round warms up: its
/// `is_counted` is false.
pub fn in_turns<S>(subjects: &mut [S], n_rounds: usize, mut measure: impl FnMut(Turn, &mut S)) {
    let n_subjects = subjects.len();
    for round in 0..=n_rounds {
        for place in 0..n_subjects {
            let which = (round + place) % n_subjects;
            measure(
                Turn {
                    round,
                    is_counted: round > 0,
                },
                &mut subjects[which],
            );
        }
    }
}

/// One measurement of one subject.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    pub round: usize,
    pub is_counted: bool,
}
