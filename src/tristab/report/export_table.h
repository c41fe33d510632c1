// One section of a result as a tidy table: one row an object, one column a field, one type a column. CSV as RFC 4180
// with LF line ends, and newline-delimited JSON, in a form from which pandas and polars find the types by themselves.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tristab/report/object_stream.h"

namespace tristab {

enum class ExportFormat { csv, ndjson };

class ExportTable {
 public:
  enum class Kind { none, boolean, integer, real, text, json };

  // `section` is one of result_sections(). The fields of records stand in the order of record_fields(); for other
  // sections names come first. Fields that this version does not know stand behind them.
  explicit ExportTable(std::string section);

  void add(const Json& object);
  std::size_t rows() const { return rows_.size(); }

  // A line of the file at a time: the header (CSV alone), then the rows. Real numbers always have a point or an
  // exponent, so that a column whose first rows are whole numbers does not pass for integers; objects and lists are
  // JSON text and stand last. Absent: null in NDJSON, in CSV what absent_csv() says.
  template <class Write>
  void write(ExportFormat format, Write write_line) const {
    const std::vector<std::size_t> order = written_order();
    if (format == ExportFormat::csv) write_line(csv_header(order));
    for (const std::string& row : rows_) write_line(line(format, order, row));
  }

 private:
  struct Field {
    std::string name;
    Kind kind = Kind::none;
  };

  std::string section_;
  std::vector<Field> fields_;
  std::map<std::string, std::size_t> field_at_;
  std::vector<std::string>
      rows_;  // cells of fields_ in their order, each followed by a separator; trailing ones may be missing

  std::size_t field_of(const std::string& name);
  std::vector<std::size_t> written_order() const;
  std::string csv_header(const std::vector<std::size_t>& order) const;
  std::string line(ExportFormat format, const std::vector<std::size_t>& order, const std::string& row) const;
};

// Writes a section of `results` ("-": standard input) to `output` ("-": standard output). A file without that section,
// or with an empty one, is refused: InputError.
ResultHead export_table(const std::string& results, const std::string& section, ExportFormat format,
                        const std::string& output);

}  // namespace tristab
