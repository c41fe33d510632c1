// Every file that the program reads or writes, so that no output destroys an input. Readers note their files where they
// open them, OutputFile notes its own, and the command line those that its options name: a new command is safe without
// doing anything. Files are compared, not names: links, other spellings and other names of one file are one file.
#pragma once

#include <filesystem>
#include <string>

namespace tristab {

// "-" is standard input. Throws UsageError if the file is an output that is not yet written.
void note_input(const std::string& path);

// `option` names it in messages, "-o"; "-" is standard output. Throws UsageError if the file is an input or another
// output. Noting the same path twice is noting it once.
void note_output(const std::string& path, const std::string& option = "");

// The output is written, or will not be: from now on it may be read.
void forget_output(const std::string& path);

// --force: outputs may replace any file but an input.
void allow_replacing();
bool may_replace();

// Where a chain of links ends, also if no file is there yet.
std::filesystem::path target_of(const std::filesystem::path& path);

// Whether output to this path must be written directly: it is a device or a pipe (/dev/null, /dev/stdout, a FIFO),
// which a rename would replace by a plain file.
bool is_written_through(const std::filesystem::path& path);

// Whether the path is "-" or another name of standard output (/dev/stdout, /proc/self/fd/1).
bool names_standard_output(const std::string& path);

}  // namespace tristab
