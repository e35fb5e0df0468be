//! An order of nodes that heeds what must come before what, always the same for the same nodes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// Nodes, by number, and which must come before which.
#[derive(Debug)]
pub struct Graph {
    after: Vec<HashSet<usize>>,
}

impl Graph {
    /// So many nodes, in no order yet.
    pub fn new(nodes: usize) -> Graph {
        Graph { after: vec![HashSet::new(); nodes] }
    }

    /// Says that one node comes before another; of itself, nothing.
    pub fn before(&mut self, first: usize, then: usize) {
        if first != then {
            self.after[first].insert(then);
        }
    }

    /// The nodes in order: of those that may come next, the least by this rank.
    ///
    /// # Errors
    /// A cycle: its nodes, each before the next, the first at the end again.
    pub fn order<R: Ord>(&self, rank: impl Fn(usize) -> R) -> Result<Vec<usize>, Vec<usize>> {
        let mut waiting = vec![0_usize; self.after.len()];
        for then in self.after.iter().flatten() {
            waiting[*then] += 1;
        }
        let mut ready: BinaryHeap<Reverse<(R, usize)>> = (0..waiting.len())
            .filter(|node| waiting[*node] == 0)
            .map(|node| Reverse((rank(node), node)))
            .collect();
        let mut order = Vec::with_capacity(waiting.len());
        while let Some(Reverse((_, node))) = ready.pop() {
            order.push(node);
            for then in &self.after[node] {
                waiting[*then] -= 1;
                if waiting[*then] == 0 {
                    ready.push(Reverse((rank(*then), *then)));
                }
            }
        }
        if order.len() == waiting.len() { Ok(order) } else { Err(self.cycle(&waiting)) }
    }

    /// A cycle among the nodes that wait for ever.
    fn cycle(&self, waiting: &[usize]) -> Vec<usize> {
        // Each of them waits for another of them: going backwards comes to one for the second time.
        let stuck = |node: usize| waiting[node] > 0;
        let before =
            |then: usize| (0..waiting.len()).find(|node| stuck(*node) && self.after[*node].contains(&then));
        let mut path: Vec<usize> = (0..waiting.len()).filter(|node| stuck(*node)).take(1).collect();
        while let Some(node) = path.last().and_then(|last| before(*last)) {
            if let Some(start) = path.iter().position(|seen| *seen == node) {
                path.push(node);
                path.drain(..start);
                break;
            }
            path.push(node);
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    #[test]
    fn nodes_come_in_the_order_that_is_said_and_else_by_their_rank() {
        let mut graph = Graph::new(4);
        graph.before(3, 0);
        graph.before(2, 0);
        assert_eq!(graph.order(|node| node), Ok(vec![1, 2, 3, 0]));
        assert_eq!(graph.order(std::cmp::Reverse), Ok(vec![3, 2, 1, 0]));
    }

    #[test]
    fn a_cycle_is_told_with_its_path() {
        let mut graph = Graph::new(4);
        for (first, then) in [(0, 1), (1, 2), (2, 1), (2, 3)] {
            graph.before(first, then);
        }
        let cycle = graph.order(|node| node).expect_err("a cycle");
        assert_eq!(cycle.first(), cycle.last());
        assert!(cycle.windows(2).all(|pair| graph.after[pair[0]].contains(&pair[1])), "{cycle:?}");
    }
}
