//! The report of `--check`.

use std::fs;

use tempfile::TempDir;

use super::{Pushed, run};

const POSTINGS: &str = r#"[
{"externalId":"1","title":"Baker","location":"Berlin","url":"https://acme.example/1"},
{"externalId":"2","title":"","isFeatured":true,"salary":"none","job_title":"x"},
{"externalId":"3","title":"Cook","url":"/jobs/3","country":"Germany"},
{"title":"Nobody"},
{"externalId":"1","title":"Baker"}
]"#;

fn check(arguments: &[&str]) -> Pushed {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("jobs.json"), POSTINGS).unwrap();
    run(
        folder.path(),
        &[&["--check", "jobs.json", "--source", "acme"], arguments].concat(),
    )
}

#[test]
fn report_names_errors_and_counts_fields() {
    let pushed = check(&[]);
    assert_eq!(pushed.status, Some(2), "{pushed:?}");
    insta::assert_snapshot!(pushed.stdout, @r#"
    5 postings: 3 valid, 2 rejected, 1 duplicate
    source acme: 2 postings, not known to be complete: 1 posting without a readable id
    error invalid_value: 2
      posting 2 (3): url is "/jobs/3", expected an absolute http or https URL
      posting 2 (3): country is "Germany", expected a country code of ISO 3166-1 alpha-2, such as DE
    error missing: 1
      posting 3 (without an id): externalId is missing
    warning empty_title: 1
      posting 1 (2): title is missing or empty
    unknown field job_title: 1, did you mean title?
    fields of the valid postings:
      source 3/3
      externalId 3/3
      title 2/3
      isFeatured 1/3
      companyId 0/3
      categoryId 0/3
      jobType 0/3
      workMode 0/3
      location 1/3
      salary 1/3
      description 0/3
      url 1/3
      applyUrl 0/3
      companyName 0/3
      postedAt 0/3
      validThrough 0/3
      department 0/3
      country 0/3
      region 0/3
      locality 0/3
      language 0/3
      salaryMin 0/3
      salaryMax 0/3
      salaryCurrency 0/3
      salaryPeriod 0/3
      extra 0/3
    "#);
}

#[test]
fn report_as_json_has_the_same_numbers() {
    let json = check(&["--json"]).json();
    assert_eq!(
        (&json["postings"], &json["rejected"]),
        (&5.into(), &2.into())
    );
    assert_eq!(json["errors"]["invalid_value"]["n"], 2);
    assert_eq!(json["errors"]["missing"]["examples"][0]["posting"], 3);
    assert_eq!(
        (&json["fields"]["title"], &json["fields"]["salary"]),
        (&2.into(), &1.into())
    );
    assert_eq!(json["ignored_fields"]["job_title"]["did_you_mean"], "title");
}

#[test]
fn good_file_is_0() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), "externalId,title\n1,a\n").unwrap();
    assert_eq!(run(folder.path(), &["--check", "a.csv"]).status, Some(0));
}
