#pragma once

#include <faiss/IndexFlatCodes.h>
#include <faiss/IndexIVF.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

/** What has to be known about an index that a factory string made. */
struct IndexTraits {
  /** The inverted file that takes labels and removals; null for all other kinds. */
  faiss::IndexIVF* inverted = nullptr;
  /** Storages in which the code of row i belongs to slot i, so that it can be wiped. */
  std::vector<faiss::IndexFlatCodes*> row_storages;
  /** Similarities come from approximations of the vectors. */
  bool lossy = true;
  /** Vectors that training wants; 0 when there is none. */
  size_t training_rows = 0;
};

/**
 * Looks into an index, and prepares it for use with slots as labels.
 *
 * @throws std::invalid_argument for kinds that cannot take faces one by one or bring ids of their own
 */
IndexTraits examine(faiss::Index& index);

/** Sets how much of an inverted file or a graph a search visits. */
void set_search_effort(const IndexTraits& traits, faiss::Index& index);
