#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "index_traits.h"

/** Lets `SlotIndex::stop` end a training; once, before any index is made. */
void install_interrupts();

/** The candidates of some probes, all in one row; probe i has counts[i] of them. */
struct Hits {
  std::vector<uint32_t> counts;
  std::vector<uint32_t> slots;
  std::vector<double> similarities;
};

/**
 * A faiss index whose labels are slots: vectors are numbered in the order in which they were added,
 * and a number is never used again. What is removed is not found any more and its vector is wiped
 * where the kind allows it. All methods may be called from any thread; those that change wait for
 * those that read. Failures are C++ exceptions.
 */
class SlotIndex {
 public:
  /** @param similarity  "ip" or "l2" */
  SlotIndex(int dimension, const std::string& factory, const std::string& metric);

  int dimension() const { return index_->d; }
  bool lossy() const { return traits_.lossy; }
  /** Vectors that `train` wants; 0 when it is not needed. */
  size_t training_rows() const { return traits_.training_rows; }

  /** Ends a training under way, which then throws, and fails those to come. */
  void stop() { stopped_ = true; }
  /** @param vectors  rows x dimension */
  void train(const std::vector<float>& vectors);
  /** Takes over what another index of the same kind has learned; this one is empty then. */
  void learn_from(const SlotIndex& other);
  void add(const std::vector<float>& vectors);
  /** Unknown slots are ignored. */
  void remove(const std::vector<uint32_t>& slots);
  /**
   * At least the k best of each probe, and all others that are as near as the last of them, so that
   * the caller can break ties. Similarities of lossless kinds are float64 sums over the stored vectors.
   */
  Hits search(const std::vector<float>& probes, size_t k) const;
  /** @returns slots x dimension; NaN for slots that are not used */
  std::vector<float> vectors(const std::vector<uint32_t>& slots) const;

  /** Writes what `faiss::read_index` reads to the file's present position. */
  void write(int file) const;
  /**
   * Replaces everything by what is at an offset of a file. Slots from 0 to its count are used, less
   * those that an inverted file does not have.
   *
   * @throws when it is not of this dimension and metric, or not `slots` large
   */
  void read(int file, uint64_t offset, uint64_t length, size_t slots);

 private:
  void adopt(std::unique_ptr<faiss::Index> index);
  bool used(int64_t slot) const { return slot >= 0 && size_t(slot) < used_.size() && used_[slot]; }
  double similarity(const float* probe, const float* vector) const;

  std::unique_ptr<faiss::Index> index_;
  IndexTraits traits_;
  std::vector<bool> used_;
  size_t count_ = 0;
  std::atomic<bool> stopped_{false};
  mutable std::shared_mutex mutex_;
};
