#include "index_traits.h"

#include <faiss/IVFlib.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexNNDescent.h>
#include <faiss/IndexNSG.h>
#include <faiss/IndexPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRefine.h>

#include <algorithm>
#include <stdexcept>

namespace {

// ClusteringParameters::min_points_per_centroid: below it faiss trains, but warns.
constexpr size_t kRowsPerCentroid = 39;
// For what is trained without centroids (scalar quantisers, transforms).
constexpr size_t kMinTrainingRows = 1000;
// A list in 16 finds nearly every best match of face embeddings; see docs/guides/faiss.md.
constexpr size_t kListsPerProbe = 16;
constexpr size_t kMinProbes = 8;
// faiss starts with 16, which misses many.
constexpr int kSearchBeam = 128;

size_t training_rows(const faiss::Index* index) {
  if (index == nullptr || index->is_trained) return 0;
  size_t rows = kMinTrainingRows;
  if (auto* ivf = dynamic_cast<const faiss::IndexIVF*>(index)) {
    rows = std::max(rows, kRowsPerCentroid * ivf->nlist);
  }
  if (auto* pq = dynamic_cast<const faiss::IndexIVFPQ*>(index)) {
    rows = std::max(rows, kRowsPerCentroid * pq->pq.ksub);
  }
  if (auto* pq = dynamic_cast<const faiss::IndexPQ*>(index)) {
    rows = std::max(rows, kRowsPerCentroid * pq->pq.ksub);
  }
  if (auto* graph = dynamic_cast<const faiss::IndexHNSW*>(index)) {
    rows = std::max(rows, training_rows(graph->storage));
  }
  if (auto* transformed = dynamic_cast<const faiss::IndexPreTransform*>(index)) {
    rows = std::max({rows, 4 * size_t(index->d), training_rows(transformed->index)});
    for (const faiss::VectorTransform* step : transformed->chain) {
      if (dynamic_cast<const faiss::OPQMatrix*>(step)) rows = std::max(rows, kRowsPerCentroid * 256);
    }
  }
  if (auto* refined = dynamic_cast<const faiss::IndexRefine*>(index)) {
    rows = std::max({rows, training_rows(refined->base_index), training_rows(refined->refine_index)});
  }
  return rows;
}

bool is_lossy(const faiss::Index* index) {
  if (dynamic_cast<const faiss::IndexFlat*>(index) || dynamic_cast<const faiss::IndexIVFFlat*>(index)) {
    return false;
  }
  if (auto* graph = dynamic_cast<const faiss::IndexHNSW*>(index)) return is_lossy(graph->storage);
  if (auto* refined = dynamic_cast<const faiss::IndexRefine*>(index)) return is_lossy(refined->refine_index);
  return true;
}

void collect_storages(faiss::Index* index, std::vector<faiss::IndexFlatCodes*>& out) {
  if (auto* codes = dynamic_cast<faiss::IndexFlatCodes*>(index)) out.push_back(codes);
  if (auto* graph = dynamic_cast<faiss::IndexHNSW*>(index)) collect_storages(graph->storage, out);
  if (auto* transformed = dynamic_cast<faiss::IndexPreTransform*>(index)) {
    collect_storages(transformed->index, out);
  }
  if (auto* refined = dynamic_cast<faiss::IndexRefine*>(index)) {
    collect_storages(refined->base_index, out);
    collect_storages(refined->refine_index, out);
  }
}

/** For a kind of filter that is off by default, faiss trains PQ far longer (100 s instead of 1 for PQ32). */
void skip_polysemous_training(faiss::Index* index) {
  if (auto* pq = dynamic_cast<faiss::IndexPQ*>(index)) pq->do_polysemous_training = false;
  if (auto* pq = dynamic_cast<faiss::IndexIVFPQ*>(index)) pq->do_polysemous_training = false;
  if (auto* graph = dynamic_cast<faiss::IndexHNSW*>(index)) skip_polysemous_training(graph->storage);
  if (auto* transformed = dynamic_cast<faiss::IndexPreTransform*>(index)) {
    skip_polysemous_training(transformed->index);
  }
  if (auto* refined = dynamic_cast<faiss::IndexRefine*>(index)) {
    skip_polysemous_training(refined->base_index);
    skip_polysemous_training(refined->refine_index);
  }
}

}  // namespace

IndexTraits examine(faiss::Index& index) {
  if (dynamic_cast<faiss::IndexIDMap*>(&index)) {
    throw std::invalid_argument("leave out IDMap: the ids are kept beside the index");
  }
  if (dynamic_cast<faiss::IndexNSG*>(&index) || dynamic_cast<faiss::IndexNNDescent*>(&index)) {
    throw std::invalid_argument("NSG and NNDescent cannot take faces one by one");
  }
  skip_polysemous_training(&index);
  IndexTraits traits;
  traits.lossy = is_lossy(&index);
  traits.training_rows = training_rows(&index);
  // IndexRefine numbers its vectors itself; there removal is left to the caller's filter.
  faiss::Index* inner = &index;
  if (auto* transformed = dynamic_cast<faiss::IndexPreTransform*>(inner)) inner = transformed->index;
  traits.inverted = dynamic_cast<faiss::IndexIVF*>(inner);
  if (traits.inverted) {
    // Finds a vector by its label, for removal and to give it back. Made anew: a file's is not trusted.
    traits.inverted->set_direct_map_type(faiss::DirectMap::NoMap);
    traits.inverted->set_direct_map_type(faiss::DirectMap::Hashtable);
  } else {
    collect_storages(&index, traits.row_storages);
  }
  return traits;
}

void set_search_effort(const IndexTraits& traits, faiss::Index& index) {
  faiss::IndexIVF* inverted = traits.inverted;
  faiss::Index* inner = &index;
  if (auto* refined = dynamic_cast<faiss::IndexRefine*>(inner)) inner = refined->base_index;
  if (!inverted) inverted = dynamic_cast<faiss::IndexIVF*>(inner);
  if (inverted) {
    inverted->nprobe = std::min(inverted->nlist, std::max(kMinProbes, inverted->nlist / kListsPerProbe));
  }
  if (auto* graph = dynamic_cast<faiss::IndexHNSW*>(inner)) graph->hnsw.efSearch = kSearchBeam;
}
