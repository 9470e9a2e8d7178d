#include "global/query/note_service.h"

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

class NoteServiceTest : public ::testing::Test {
 protected:
  NoteServiceTest() { Open(); }

  void Open() {
    service_.reset();
    database_.reset();
    database_ = *Database::Open({dir_.path(), "test", absl::Seconds(10), 8 << 20, 1 << 20});
    service_ = *NoteService::Open(*database_);
  }
  static v1::Note Note(const std::string& key, const std::string& value, int64_t revised, bool removed = false) {
    v1::Note note;
    note.set_key(key);
    note.set_value(value);
    note.set_revised_unix_ms(revised);
    note.set_removed(removed);
    return note;
  }
  grpc::StatusCode Exchange(const std::vector<v1::Note>& notes) {
    v1::NotesRequest request;
    for (const v1::Note& note : notes) *request.add_notes() = note;
    answer_.Clear();
    return service_->Exchange(nullptr, &request, &answer_).error_code();
  }

  TempDir dir_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<NoteService> service_;
  v1::NotesResponse answer_;
};

TEST_F(NoteServiceTest, NotesOutliveTheProcess) {
  EXPECT_EQ(Exchange({Note("b", "2", 5), Note("a", "1", 5)}), grpc::StatusCode::OK);
  Open();
  EXPECT_EQ(Exchange({}), grpc::StatusCode::OK);
  ASSERT_EQ(answer_.notes_size(), 2);
  EXPECT_EQ(answer_.notes(0).key(), "a");
  EXPECT_EQ(answer_.notes(1).value(), "2");
}

// In every order, and twice.
TEST_F(NoteServiceTest, LaterRevisionHoldsWhateverTheOrder) {
  EXPECT_EQ(Exchange({Note("a", "new", 7)}), grpc::StatusCode::OK);
  EXPECT_EQ(Exchange({Note("a", "old", 5)}), grpc::StatusCode::OK);
  EXPECT_EQ(Exchange({Note("a", "old", 5), Note("a", "new", 7)}), grpc::StatusCode::OK);
  EXPECT_EQ(answer_.notes(0).value(), "new");
  EXPECT_EQ(Exchange({Note("a", "gone", 8, true)}), grpc::StatusCode::OK);
  EXPECT_EQ(Exchange({Note("a", "new", 7)}), grpc::StatusCode::OK);
  ASSERT_EQ(answer_.notes_size(), 1);
  EXPECT_TRUE(answer_.notes(0).removed());
}

TEST_F(NoteServiceTest, OneTooManyKeepsNothingOfItsRequest) {
  std::vector<v1::Note> notes;
  for (size_t i = 0; i < NoteService::kMaxNotes; ++i) notes.push_back(Note(absl::StrCat("k", i), "v", 1));
  EXPECT_EQ(Exchange(notes), grpc::StatusCode::OK);
  EXPECT_EQ(Exchange({Note("k1", "changed", 2), Note("another", "v", 1)}), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Exchange({Note("k2", "changed", 2)}), grpc::StatusCode::OK) << "those that are there may change";
  size_t changed = 0;
  for (const v1::Note& note : answer_.notes()) changed += note.value() == "changed" ? 1 : 0;
  EXPECT_EQ(changed, 1u);
}

TEST_F(NoteServiceTest, NotesThatAreTooLongAreRefused) {
  EXPECT_EQ(Exchange({Note("", "v", 1)}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Exchange({Note(std::string(257, 'k'), "v", 1)}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Exchange({Note("k", std::string(2049, 'v'), 1)}), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace tributary
