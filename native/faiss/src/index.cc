#include "index.h"

#include <faiss/Index.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/impl/io.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <system_error>

namespace {

// Candidates beyond k that are compared exactly: float32 sums may put near ones in another order.
constexpr size_t kSlack = 16;
// Largest difference of a float32 sum of a unit vector's products from the exact one.
constexpr double kRounding = 1e-5;
// Numbers in one answer of faiss: 32 Mi x 12 bytes.
constexpr size_t kMaxCells = size_t(1) << 25;

class DescriptorWriter : public faiss::IOWriter {
 public:
  explicit DescriptorWriter(int file) : file_(file) {}
  size_t operator()(const void* data, size_t size, size_t count) override {
    const char* at = static_cast<const char*>(data);
    for (size_t left = size * count; left > 0;) {
      ssize_t written = ::write(file_, at, std::min(left, size_t(1) << 30));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw std::system_error(errno, std::generic_category(), "write");
      at += written;
      left -= size_t(written);
    }
    return count;
  }

 private:
  int file_;
};

class DescriptorReader : public faiss::IOReader {
 public:
  DescriptorReader(int file, uint64_t offset, uint64_t length) : file_(file), at_(offset), left_(length) {}
  size_t operator()(void* data, size_t size, size_t count) override {
    if (size == 0) return 0;
    count = std::min<uint64_t>(count, left_ / size);
    char* out = static_cast<char*>(data);
    for (size_t wanted = size * count; wanted > 0;) {
      ssize_t got = ::pread(file_, out, std::min(wanted, size_t(1) << 30), off_t(at_));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw std::system_error(errno, std::generic_category(), "read");
      if (got == 0) throw std::runtime_error("the file is too short");
      out += got;
      at_ += uint64_t(got);
      left_ -= uint64_t(got);
      wanted -= size_t(got);
    }
    return count;
  }
  uint64_t left() const { return left_; }

 private:
  int file_;
  uint64_t at_;
  uint64_t left_;
};

// faiss asks one callback for all threads; this tells whose training runs on the present one.
thread_local const std::atomic<bool>* stop_flag = nullptr;

struct StopScope {
  explicit StopScope(const std::atomic<bool>& flag) { stop_flag = &flag; }
  ~StopScope() { stop_flag = nullptr; }
};

struct StopCallback : faiss::InterruptCallback {
  bool want_interrupt() override { return stop_flag && *stop_flag; }
};

faiss::MetricType to_metric(const std::string& name) {
  if (name == "ip") return faiss::METRIC_INNER_PRODUCT;
  if (name == "l2") return faiss::METRIC_L2;
  throw std::invalid_argument("the metric must be ip or l2");
}

}  // namespace

void install_interrupts() {
  static std::once_flag once;
  std::call_once(once, [] { faiss::InterruptCallback::instance = std::make_unique<StopCallback>(); });
}

SlotIndex::SlotIndex(int dimension, const std::string& factory, const std::string& metric) {
  adopt(std::unique_ptr<faiss::Index>(faiss::index_factory(dimension, factory.c_str(), to_metric(metric))));
}

void SlotIndex::adopt(std::unique_ptr<faiss::Index> index) {
  traits_ = examine(*index);
  set_search_effort(traits_, *index);
  index_ = std::move(index);
}

void SlotIndex::train(const std::vector<float>& vectors) {
  std::unique_lock lock(mutex_);
  StopScope scope(stopped_);
  index_->train(int64_t(vectors.size() / index_->d), vectors.data());
  traits_.training_rows = 0;
}

void SlotIndex::learn_from(const SlotIndex& other) {
  std::unique_ptr<faiss::Index> copy;
  {
    std::shared_lock lock(other.mutex_);
    // clone_index does not know all kinds.
    faiss::VectorIOWriter writer;
    faiss::write_index(other.index_.get(), &writer);
    faiss::VectorIOReader reader;
    reader.data = std::move(writer.data);
    copy.reset(faiss::read_index(&reader));
  }
  copy->reset();
  std::unique_lock lock(mutex_);
  adopt(std::move(copy));
  used_.clear();
  count_ = 0;
}

void SlotIndex::add(const std::vector<float>& vectors) {
  std::unique_lock lock(mutex_);
  if (!index_->is_trained) throw std::logic_error("the index is not trained");
  size_t rows = vectors.size() / index_->d;
  size_t first = used_.size();
  if (rows > std::numeric_limits<uint32_t>::max() - first) throw std::length_error("too many vectors");
  used_.reserve(first + rows);
  if (traits_.inverted) {
    std::vector<int64_t> labels(rows);
    std::iota(labels.begin(), labels.end(), int64_t(first));
    index_->add_with_ids(int64_t(rows), vectors.data(), labels.data());
  } else {
    index_->add(int64_t(rows), vectors.data());
  }
  used_.resize(first + rows, true);
  count_ += rows;
}

void SlotIndex::remove(const std::vector<uint32_t>& slots) {
  std::unique_lock lock(mutex_);
  std::vector<int64_t> gone;
  for (uint32_t slot : slots) {
    if (!used(slot)) continue;
    used_[slot] = false;
    count_--;
    gone.push_back(slot);
  }
  if (traits_.inverted) {
    if (!gone.empty()) index_->remove_ids(faiss::IDSelectorArray(gone.size(), gone.data()));
    return;
  }
  for (faiss::IndexFlatCodes* storage : traits_.row_storages) {
    for (int64_t slot : gone) {
      std::fill_n(storage->codes.data() + size_t(slot) * storage->code_size, storage->code_size, uint8_t(0));
    }
  }
}

double SlotIndex::similarity(const float* probe, const float* vector) const {
  double sum = 0;
  if (index_->metric_type == faiss::METRIC_INNER_PRODUCT) {
    for (int i = 0; i < index_->d; i++) sum += double(probe[i]) * double(vector[i]);
    return sum;
  }
  for (int i = 0; i < index_->d; i++) {
    double difference = double(probe[i]) - double(vector[i]);
    sum += difference * difference;
  }
  return 1 - sum / 2;
}

Hits SlotIndex::search(const std::vector<float>& probes, size_t k) const {
  struct Hit {
    double similarity;
    uint32_t slot;
  };
  std::shared_lock lock(mutex_);
  const size_t d = size_t(index_->d);
  const size_t rows = probes.size() / d;
  const size_t want = std::min(k, count_);
  std::vector<std::vector<Hit>> found(rows);
  std::vector<size_t> waiting(want == 0 ? 0 : rows);
  std::iota(waiting.begin(), waiting.end(), size_t(0));

  // More and more candidates are asked for until none that is missing can belong to the best.
  for (size_t fetch = std::min(used_.size(), want + kSlack); !waiting.empty();
       fetch = std::min(used_.size(), fetch * 4)) {
    std::vector<size_t> unsettled;
    const size_t step = std::max<size_t>(1, kMaxCells / fetch);
    for (size_t from = 0; from < waiting.size(); from += step) {
      const size_t n = std::min(step, waiting.size() - from);
      std::vector<float> part(n * d);
      for (size_t i = 0; i < n; i++) std::copy_n(&probes[waiting[from + i] * d], d, &part[i * d]);
      std::vector<float> scores(n * fetch);
      std::vector<int64_t> labels(n * fetch);
      index_->search(int64_t(n), part.data(), int64_t(fetch), scores.data(), labels.data());

      std::vector<float> vector(d);
      for (size_t i = 0; i < n; i++) {
        const size_t row = waiting[from + i];
        std::vector<Hit>& hits = found[row];
        hits.clear();
        bool exhausted = fetch >= used_.size();
        double farthest = std::numeric_limits<double>::infinity();
        for (size_t at = i * fetch; at < (i + 1) * fetch; at++) {
          if (labels[at] < 0) {
            exhausted = true;
            break;
          }
          double score = scores[at];
          if (index_->metric_type == faiss::METRIC_L2) score = 1 - score / 2;
          farthest = std::min(farthest, score);
          if (!used(labels[at])) continue;
          if (!traits_.lossy) {
            index_->reconstruct(labels[at], vector.data());
            score = similarity(&part[i * d], vector.data());
          }
          hits.push_back({score, uint32_t(labels[at])});
        }
        std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.similarity > b.similarity; });
        if (hits.size() >= want) {
          const double last = hits[want - 1].similarity;
          if (traits_.lossy || farthest < last - kRounding) exhausted = true;
          auto end = hits.begin() + ptrdiff_t(want);
          while (end != hits.end() && end->similarity == last) ++end;
          hits.erase(end, hits.end());
        }
        if (!exhausted) unsettled.push_back(row);
      }
    }
    waiting = std::move(unsettled);
  }

  Hits out;
  for (const std::vector<Hit>& hits : found) {
    out.counts.push_back(uint32_t(hits.size()));
    for (const Hit& hit : hits) {
      out.slots.push_back(hit.slot);
      out.similarities.push_back(hit.similarity);
    }
  }
  return out;
}

std::vector<float> SlotIndex::vectors(const std::vector<uint32_t>& slots) const {
  std::shared_lock lock(mutex_);
  const size_t d = size_t(index_->d);
  std::vector<float> out(slots.size() * d, std::numeric_limits<float>::quiet_NaN());
  for (size_t i = 0; i < slots.size(); i++) {
    if (used(slots[i])) index_->reconstruct(slots[i], &out[i * d]);
  }
  return out;
}

void SlotIndex::write(int file) const {
  std::shared_lock lock(mutex_);
  DescriptorWriter descriptor(file);
  faiss::BufferedIOWriter writer(&descriptor);
  faiss::write_index(index_.get(), &writer);
}

void SlotIndex::read(int file, uint64_t offset, uint64_t length, size_t slots) {
  DescriptorReader descriptor(file, offset, length);
  std::unique_ptr<faiss::Index> index;
  {
    faiss::BufferedIOReader reader(&descriptor);
    index.reset(faiss::read_index(&reader));
  }
  if (descriptor.left() != 0) throw std::runtime_error("there is something behind the index");
  std::unique_lock lock(mutex_);
  if (index->d != index_->d || index->metric_type != index_->metric_type) {
    throw std::runtime_error("the index is of another dimension or metric");
  }
  IndexTraits traits = examine(*index);
  if (!index->is_trained || (traits.inverted ? size_t(index->ntotal) > slots : size_t(index->ntotal) != slots)) {
    throw std::runtime_error("the index is not complete");
  }
  adopt(std::move(index));
  used_.assign(slots, true);
  count_ = slots;
  if (!traits_.inverted) return;
  used_.assign(slots, false);
  count_ = 0;
  for (const auto& entry : traits_.inverted->direct_map.hashtable) {
    if (entry.first < 0 || size_t(entry.first) >= slots) throw std::runtime_error("a label is out of range");
    used_[size_t(entry.first)] = true;
    count_++;
  }
}
