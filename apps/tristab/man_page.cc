// Source of the form: man(7), groff_man(7) and groff_man_style(7).
#include "man_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>

#include "vocabulary.h"

namespace tristab {
namespace {

// Escapes text for roff, so that it has no request or escape and can be copied from the page: a plain '-' would be
// printed as a hyphen, a plain '^' or '~' as an accent.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\e";
        break;
      case '-':
        result += "\\-";
        break;
      case '^':
        result += "\\(ha";
        break;
      case '~':
        result += "\\(ti";
        break;
      case '`':
        result += "\\(ga";
        break;
      case '\'':
        result += "\\(aq";
        break;
      case '"':
        result += "\\(dq";
        break;
      default:
        result += c;
    }
  }
  return result.starts_with('.') ? "\\&" + result : result;
}

// The paragraphs of `text`, which empty lines separate; `request` begins each but the first.
std::string paragraphs(const std::string& text, const char* request) {
  std::string result;
  bool empty = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end == begin) {
      empty = true;
    } else {
      if (empty && !result.empty()) result += fmt::format("{}\n", request);
      empty = false;
      result += escaped(text.substr(begin, end - begin)) + "\n";
    }
    begin = end + 1;
  }
  return result;
}

// Makes a sentence of a line of help: with a full stop, and with a capital if it begins with a word.
std::string sentence(std::string text) {
  if (text.empty()) return text;
  if (text.back() != '.') text += '.';
  const std::size_t word = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  if (word > 0 &&
      (text[word] == ' ' || (word > 1 && std::string_view(",.:-").find(text[word]) != std::string_view::npos))) {
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  }
  return text;
}

std::string section(const char* title) { return fmt::format(".SH {}\n", title); }

std::string entry(const std::string& tag, const std::string& text) {
  return fmt::format(".TP\n{}\n{}", tag, paragraphs(text, ".IP"));
}

// Names in bold, values in italics, as groff_man_style(7) recommends.
std::string option_tag(const OptionEntry& option) {
  if (option.positional) {
    return fmt::format(".I {}{}", escaped(option.names.front()), option.repeated ? " ..." : "");
  }
  std::string text = ".B ";
  for (const std::string& name : option.names) {
    text += fmt::format("{}{}", &name == &option.names.front() ? "" : ", ", escaped(name));
  }
  if (!option.flag) text += fmt::format(" \\fI{}\\fP", escaped(option.value.shown));
  return text;
}

// Options under the headings of their groups.
std::string option_entries(const Command& command) {
  std::string text, heading;
  for (const OptionEntry& option : command.options()) {
    if (option.inherited) continue;
    if (!option.positional && option.group != heading) {
      heading = option.group;
      if (heading != "Options") text += fmt::format(".PP\n{}:\n", escaped(heading));
    }
    std::string what = sentence(option.help);
    if (!option.details.empty()) what += "\n" + option.details;
    text += entry(option_tag(option), what);
  }
  return text;
}

std::string example_lines(const std::vector<std::string>& examples) {
  std::string text = ".PP\n.nf\n.RS 4\n";
  for (const std::string& example : examples) text += escaped(example) + "\n";
  return text + ".RE\n.fi\n";
}

std::string command_section(const Command& command) {
  std::string text = fmt::format(".SS {}\n", escaped(command.synopsis()));
  text += paragraphs(sentence(command.summary()) + "\n" + command.details(), ".PP");
  text += option_entries(command);
  return text + example_lines(command.examples());
}

std::string names_section() {
  std::string text = section("NAMES");
  text += paragraphs(
      "The names that options take, by kind; tristab list KIND NAME explains one. Parameters follow after colons, as "
      "in "
      "mxr:block=8.",
      ".PP");
  for (const Vocabulary& vocabulary : vocabularies()) {
    std::vector<std::string> names;
    for (const VocabularyEntry& each : vocabulary.entries()) names.push_back(each.name);
    text += entry(fmt::format(".B {}", vocabulary.kind()), fmt::format("{}.", fmt::join(names, ", ")));
  }
  return text;
}

std::string exit_section() {
  std::string text = section("EXIT STATUS");
  text += entry("0", "Done.");
  text += entry("1",
                "Done, but a check failed: an expectation of the configuration (sweep), or a check of the\n"
                "arithmetic (selftest).");
  text += entry("2",
                "The command or its configuration is wrong; one line on standard error says what was found and\n"
                "what is allowed.");
  text += entry("3", "Reading or writing failed, or an input has forbidden values, such as NaN.");
  return text + entry("130, 143", "Stopped by SIGINT or SIGTERM; no complete result was written.");
}

std::string environment_section() {
  std::string text = section("ENVIRONMENT");
  text += entry(".B NO_COLOR", "If it is set and not empty: no colour.");
  text += entry(".B TERM", "If it is empty or dumb: no colour and no progress line.");
  text += entry(".B HOME", "The directory that ~ stands for when a shell completes names of files.");
  text += entry(".B COLUMNS", "Width of the terminal, instead of what the terminal says.");
  return text + entry(".B TMPDIR", "Directory for temporary files with data that is too large for memory (/tmp).");
}

std::string files_section() {
  std::string text = section("FILES");
  text += entry(".I results/NAME.json",
                "The result of the configuration NAME, unless sweep is given another file with -o.");
  text +=
      entry(".I FILE.partial",
            "Finished cases of a sweep, as NDJSON, while it runs. It stays if the run is stopped, can be read like a\n"
            "result, and sweep --resume goes on with it.");
  text += entry(".I FILE.partial\\-*",
                "Any other output, where the file system cannot write files without a name; removed if writing fails.");
  text +=
      entry(".I configs/sweeps, configs/kernels",
            "In the source tree: configurations to run, and recipes of the kernels that the program knows. Your own\n"
            "can start from these.");
  return text + entry(".I share/bash\\-completion, share/zsh, share/fish",
                      "Below the prefix of the installation: completion for these shells.");
}

std::string papers_section() {
  std::string text = section("SEE ALSO");
  text += paragraphs(
      "A. Sobczyk, G. Gottardo, C. K. Matzoros, M. De Vita, F. Skogh, A. Zouzias, J. Zhuang: Fast and Stable "
      "Triangular\n"
      "Inversion for Delta-Rule Linear Transformers. arXiv 2605.21325, 2026.\n\n"
      "L. Zhang, Y. Ren, K. Zhang, T. Liu, L. Ge, D. Li, M. H. Langston, Y. Huang, W. W. Zeng, L. Zhang: "
      "When Good Enough\n"
      "Is Optimal: Multiplication-Only Matrix Inversion Approximation for Quantized Gated DeltaNet. arXiv "
      "2606.06034,\n"
      "2026.\n\n"
      "S. Yang, B. Wang, Y. Zhang, Y. Shen, Y. Kim: Parallelizing Linear Transformers with the Delta Rule "
      "over Sequence\n"
      "Length. arXiv 2406.06484, 2024.\n\n"
      "N. J. Higham: Accuracy and Stability of Numerical Algorithms, chapters 8 and 14. SIAM, 2nd edition, "
      "2002.",
      ".PP");
  return text;
}

}  // namespace

std::string man_page(const Program& program, const std::string& version) {
  std::string text = ".\\\" Made by: tristab man\n";
  text += fmt::format(".TH TRISTAB 1 \"\" \"tristab {}\" \"User Commands\"\n.nh\n.ad l\n", escaped(version));
  text += section("NAME") + "tristab \\- numerical stability of triangular inversion in low precision\n";
  text += section("SYNOPSIS") + ".B tristab\n.I COMMAND\n.RI [ OPTIONS ]\n";
  text += section("DESCRIPTION") + paragraphs(program.self.details(), ".PP");
  text += section("OPTIONS") + entry(".B \\-h, \\-\\-help", "Print the help of the program or of a command.") +
          entry(".B \\-V, \\-\\-version", "Print the version.") + option_entries(program.self);
  text += section("COMMANDS");
  for (const Command& command : program.commands) {
    if (!command.summary().empty()) text += command_section(command);
  }
  text += names_section() + exit_section() + environment_section() + files_section();
  text += section("EXAMPLES") + example_lines(program.self.examples());
  return text + papers_section();
}

}  // namespace tristab
