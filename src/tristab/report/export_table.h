// Writes one table of a result (a section, or the stages of its records) as a tidy table: a row for each object, a
// column for each field, one type for each column. The formats are CSV (RFC 4180 with LF line ends) and
// newline-delimited JSON, in a form from which pandas and polars infer the right types.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/spool.h"
#include "tristab/report/object_stream.h"

namespace tristab {

enum class ExportFormat { csv, ndjson };

class ExportTable {
 public:
  enum class Kind { none, boolean, integer, real, text, json };

  // `section` is one of result_tables(). The fields of records are in the order of record_fields(); in other
  // sections names come first. Fields that this version does not know are last.
  explicit ExportTable(std::string section);

  void add(const Json& object);
  std::size_t rows() const { return rows_; }

  // Writes the file line by line: the header (only CSV), then the rows. Real numbers always have a point or an
  // exponent, so that no reader takes a column for integers because its first rows are whole. Objects and lists
  // are JSON text and come last. A missing value is null in NDJSON, and absent_csv() in CSV.
  template <class Write>
  void write(ExportFormat format, Write write_line) const {
    const std::vector<std::size_t> order = written_order();
    if (format == ExportFormat::csv) write_line(csv_header(order));
    std::string rest;  // of a row whose end is in the next block
    text_.for_each_block([&](std::string_view block) {
      for (std::size_t end = block.find(row_end); end != std::string_view::npos; end = block.find(row_end)) {
        rest += block.substr(0, end);
        write_line(line(format, order, rest));
        rest.clear();
        block.remove_prefix(end + 1);
      }
      rest += block;
    });
  }

  // How every such table begins, whatever its rows.
  std::string beginning(ExportFormat format) const;

 private:
  struct Field {
    std::string name;
    Kind kind = Kind::none;
  };

  std::string section_;
  std::vector<Field> fields_;
  std::map<std::string, std::size_t> field_at_;
  // Of each row the cells in the order of fields_, each followed by a separator, and row_end; trailing cells may be
  // missing. What a column holds is known only when all rows are.
  SpooledText text_;
  std::size_t rows_ = 0;
  static constexpr char row_end = '\x1e';  // no cell holds it: they have no such control characters

  std::size_t field_of(const std::string& name);
  std::vector<std::size_t> written_order() const;
  std::string csv_header(const std::vector<std::size_t>& order) const;
  std::string line(ExportFormat format, const std::vector<std::size_t>& order, const std::string& row) const;
};

// Writes a section of `results` ("-": standard input) to `output` ("-": standard output). Throws InputError if the
// section is missing or empty.
ResultHead export_table(const std::string& results, const std::string& section, ExportFormat format,
                        const std::string& output);

}  // namespace tristab
