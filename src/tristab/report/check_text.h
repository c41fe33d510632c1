// What check found, in the forms that people and machines read.
#pragma once

#include <string>

#include "tristab/judge/check.h"
#include "tristab/report/page.h"

namespace tristab {

std::string check_text(const CheckReport& report, const Page& page);  // for a terminal
std::string check_json(const CheckReport& report);                    // tristab-check/1

// JUnit's XML as Jenkins, GitLab and GitHub's readers take it (https://github.com/testmoapp/junitxml): one test suite,
// a test case for each thing that was looked at. Sections 2.2 and 2.4 of XML 1.0 for what may stand in a text.
std::string check_junit(const CheckReport& report);
// The same where there is nothing to judge: one test case, which is an error. `output` is OUTPUT or the command.
std::string check_junit_error(const std::string& output, const std::string& message);

// Workflow commands that GitHub shows beside a run: "::error title=...::...", one line for each failure; a notice if
// there is none. https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
std::string check_annotations(const CheckReport& report);

}  // namespace tristab
